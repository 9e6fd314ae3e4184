import path from "node:path";
import { commandSocket } from "../node/commandSockets.ts";
import { folderStore, type NodeLayout } from "../node/nodeConfig.ts";

/** Longest path of a UNIX socket that every system binds, bytes (104 on macOS, with the closing zero). */
const SOCKET_PATH_CEILING_BYTES = 103;

/** Everything the local fleet writes is below this folder: `EDGE_STATE_DIR`, else `.edge/state` of the checkout. */
export function stateDir(projectDir: string, env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(projectDir, env.EDGE_STATE_DIR || ".edge/state");
}

export interface StatePaths {
  readonly root: string;
  /** Pulumi's file backend. */
  readonly pulumi: string;
  readonly authority: string;
  readonly certificate: string;
  /** What nodes show each other: certificate and authority, PEM. */
  readonly peers: NodeLayout["peers"];
  /** A file per secret, put there by people, or by the agents from what is sealed. */
  readonly secrets: string;
  /** Secrets that authors have set, and the file with the key that opens them. */
  readonly sealed: { readonly folder: string; readonly keyFile: string };
  readonly store: string;
  /** With what the fleet's deployers sign releases, and the keys that its nodes trust, PEM. */
  readonly releaseSigner: string;
  readonly releaseKeys: string;
  /** Where Node keeps the compiled code of our own processes: a restart loads no TypeScript, which saves 30 MB each. */
  readonly compileCache: string;
}

export function statePaths(root: string): StatePaths {
  return {
    root,
    pulumi: `${root}/pulumi`,
    authority: `${root}/certificates/ca.pem`,
    certificate: `${root}/certificates/fleet.pem`,
    peers: { certificate: `${root}/certificates/peers.pem`, authority: `${root}/certificates/peers-ca.pem` },
    secrets: `${root}/secrets`,
    sealed: { folder: `${root}/sealed`, keyFile: `${root}/sealed.key` },
    store: `${root}/store`,
    releaseSigner: `${root}/release-keys/release.key`,
    releaseKeys: `${root}/release-keys/release.pub`,
    compileCache: `${root}/compile-cache`,
  };
}

/** Folder of one managed node, or of the hub. */
export function nodeDir(root: string, node: string): string {
  return `${root}/nodes/${node}`;
}

export function localLayout(root: string, node: string): NodeLayout {
  const dir = nodeDir(root, node);
  const { certificate, peers, secrets, sealed, store, releaseSigner, releaseKeys } = statePaths(root);
  const run = `${dir}/run`;
  return {
    etc: `${dir}/etc`,
    run,
    commands: `${dir}/commands`,
    workers: `${run}/runner`,
    data: `${dir}/data`,
    certificate,
    peers,
    secrets,
    sealed,
    store: folderStore(store),
    releaseSigner,
    releaseKeys,
  };
}

/** Null when sockets of this node can be bound, else what is wrong and the remedy. */
export function socketPathProblem(root: string, node: string): string | null {
  // HAProxy makes its sockets under another name first, with its process id.
  const longest = `${commandSocket(localLayout(root, node), "haproxy")}.4194304.tmp`;
  const bytes = Buffer.byteLength(longest);
  if (bytes <= SOCKET_PATH_CEILING_BYTES) return null;
  return (
    `The state folder's path is too long for UNIX sockets: ${longest} has ${bytes} bytes, ` +
    `${SOCKET_PATH_CEILING_BYTES} are allowed. Set EDGE_STATE_DIR to a shorter path.`
  );
}
