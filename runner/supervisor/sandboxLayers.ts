import { spawnSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { packageDir } from "./packageDir.ts";

/** What holds a worker besides its isolates; each is used where the machine has it. */
export type SandboxLayers = {
  /** Own network namespace: no interface, not even loopback. */
  readonly network: boolean;
  /** No privileges can be gained through set-user-id programs. */
  readonly noNewPrivileges: boolean;
  /** Node's permission model: no processes, no threads, reads of its own code only, no writes. */
  readonly permissions: boolean;
};

export interface Sandbox {
  readonly layers: SandboxLayers;
  /** Program and arguments before `node`'s own. */
  readonly wrapper: readonly string[];
  /** Arguments of `node` before the script. */
  readonly nodeArgs: readonly string[];
}

const UNSHARE = "/usr/bin/unshare";
const SETPRIV = "/usr/bin/setpriv";
/** Of the network wrappers the first that works here: as root, then as anyone where user namespaces are allowed. */
const NETWORK_WRAPPERS = [
  [UNSHARE, "--net"],
  [UNSHARE, "--user", "--map-current-user", "--net"],
];
const NO_NEW_PRIVILEGES = [SETPRIV, "--no-new-privs"];

/** Tries what the machine allows. @param script the only file of ours that a worker reads. */
export function detectSandbox(script: string): Sandbox {
  const network = NETWORK_WRAPPERS.find((wrapper) => works(wrapper));
  const noNewPrivileges = works(NO_NEW_PRIVILEGES);
  return {
    layers: { network: network !== undefined, noNewPrivileges, permissions: true },
    wrapper: [...(network ?? []), ...(noNewPrivileges ? NO_NEW_PRIVILEGES : [])],
    nodeArgs: permissionArgs(script),
  };
}

function works(wrapper: readonly string[]): boolean {
  const [program, ...args] = wrapper;
  if (program === undefined || !existsSync(program)) return false;
  return spawnSync(program, [...args, "/bin/true"], { stdio: "ignore", timeout: 5_000 }).status === 0;
}

/** Reads of the worker's code and of isolated-vm only. `--allow-net` is for UNIX sockets: the namespace has no other net. */
function permissionArgs(script: string): string[] {
  const readable = [realpathSync(script), "/etc/alpine-release"];
  for (const name of ["isolated-vm", "node-gyp-build"]) readable.push(join(packageDir(name), "*"));
  return ["--permission", "--allow-addons", "--allow-net", ...readable.map((path) => `--allow-fs-read=${path}`)];
}
