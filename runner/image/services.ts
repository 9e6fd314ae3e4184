import { FOLDERS, GROUP_ID, USER_IDS } from "./layout.ts";

/** The two services that one image runs. */
export type Service = "runner" | "sandbox";

export interface ServiceOptions {
  readonly service: Service;
  readonly image: string;
  /** The container's name. */
  readonly name: string;
  /** Volume or folder of the sockets between the two services. */
  readonly runVolume: string;
  /** Folder with `runner.json`, read-only. */
  readonly configDir: string;
  /** Seccomp profile of the sandbox: `runner/seccomp.json`. */
  readonly seccompProfile: string;
  /** What of the node's memory and processors the service may have. */
  readonly memoryMb: number;
  readonly cpus: number;
  /** For the `runner` service: the network it is in, folders of sockets, releases, secrets and what is made again. */
  readonly runner?: {
    readonly network: string;
    readonly nodeVolume: string;
    readonly releasesDir: string;
    readonly secretsDir: string;
    /** Folder, given to the `runner` user, of what outlives the container: which functions are off or in quarantine. */
    readonly stateDir: string;
  };
}

/** Threads count as processes: a Node process has about a dozen. */
const PIDS = { runner: 256, sandbox: 512 } as const;
/** Scratch space in memory; all else is read-only. */
const CACHE_MB = 64;

/**
 * Arguments of `docker run` for one service: no root, no capability, read-only root, limits; for the sandbox also no network and the
 * seccomp profile, and of the node's files none but `runner.json` and its sockets.
 */
export function dockerRunArgs(options: ServiceOptions): string[] {
  const { service, image, name, runVolume, configDir, seccompProfile, memoryMb, cpus, runner } = options;
  const user = `${USER_IDS[service]}:${GROUP_ID}`;
  const mounts =
    runner === undefined
      ? []
      : [
          ...["-v", `${runner.nodeVolume}:${FOLDERS.node.path}`],
          ...["-v", `${runner.releasesDir}:/var/lib/edge/releases:ro`],
          ...["-v", `${runner.secretsDir}:/run/secrets/edge:ro`],
          ...["-v", `${runner.stateDir}:/var/lib/edge/state`],
        ];
  return [
    ...["run", "--detach", "--init", "--name", name, "--restart", "always", "--user", user],
    ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...["--network", runner?.network ?? "none"],
    ...(service === "sandbox" ? ["--security-opt", `seccomp=${seccompProfile}`] : []),
    ...["--memory", `${memoryMb}m`, "--memory-swap", `${memoryMb}m`, "--cpus", `${cpus}`],
    ...["--pids-limit", `${PIDS[service]}`, "--ulimit", "core=0", "--stop-timeout", "15"],
    ...["--tmpfs", `/var/cache/edge:size=${CACHE_MB}m,mode=0700,uid=${USER_IDS[service]},gid=${GROUP_ID}`],
    ...["-v", `${runVolume}:${FOLDERS.run.path}`, "-v", `${configDir}:/etc/edge:ro`, ...mounts],
    ...[image, "/etc/edge/runner.json", "--service", service],
  ];
}
