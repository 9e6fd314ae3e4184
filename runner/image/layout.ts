/** Users of the two services; the group is one, for the sockets between them. */
export const USER_IDS = { runner: 10_001, sandbox: 10_002 } as const;
export const GROUP_ID = 10_000;

/** Folders that are mounted, with what a new volume takes over from the image: owner `runner`, group of both. */
export const FOLDERS = {
  /** Sockets between router, broker, workers and their supervisors: `runDir`. The sandbox reaches them, and makes none. */
  run: { path: "/run/edge/workers", mode: 0o2751 },
  /** Sockets between the node's services. Not for the sandbox. Who shares them takes away none but its own. */
  node: { path: "/run/edge/node", mode: 0o3770 },
} as const;
