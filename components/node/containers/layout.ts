import { FOLDERS } from "@edge-fleet/runner/image/layout";
import { folderStore, type NodeLayout } from "../nodeConfig.ts";

/** Where things are inside every container of a node. */
export const CONTAINER_LAYOUT: NodeLayout = {
  etc: "/etc/edge",
  run: FOLDERS.node.path,
  commands: "/run/edge/commands",
  workers: FOLDERS.run.path,
  data: "/var/lib/edge",
  certificate: "/var/lib/edge/certificates/fleet.pem",
  peers: { certificate: "/var/lib/edge/certificates/peers.pem", authority: "/var/lib/edge/certificates/peers-ca.pem" },
  secrets: "/var/lib/edge/secrets",
  sealed: null,
  store: folderStore("/var/lib/edge/store"),
  releaseKeys: null,
  releaseSigner: null,
};

/** Folders of the machine that outlive containers, below one of its own; all are the runner's and the agent's user's. */
export const DATA_FOLDERS = {
  /** Copies of releases: the agent writes them, the runner boots from them. */
  releases: 0o755,
  /** What the runner remembers of functions, and their stores. */
  state: 0o700,
  /** The door reads them by its group. */
  certificates: 0o750,
  secrets: 0o700,
  store: 0o700,
} as const satisfies Record<string, number>;
export type DataFolder = keyof typeof DATA_FOLDERS;
