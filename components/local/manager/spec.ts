/** How to tell that a service works: an HTTP 2xx over TCP or a UNIX socket, or a socket that accepts. */
export type HealthCheck =
  | { readonly kind: "http"; readonly host: string; readonly port: number; readonly path: string }
  | { readonly kind: "http-socket"; readonly socket: string; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** One long-running process of a node. */
export interface ServiceSpec {
  readonly name: string;
  /** Program and arguments; the program is an absolute path or looked up on PATH. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment of the process, nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Services that must be healthy before this one starts for the first time. */
  readonly after: readonly string[];
  readonly health: HealthCheck;
  /** Asks the service to finish what it has begun and to end. */
  readonly stopSignal: "SIGTERM" | "SIGUSR1";
  /** Time from that signal to SIGKILL, ms. */
  readonly stopTimeoutMs: number;
  /** Changes whenever the service must be restarted: a hash over its files, code and command. */
  readonly digest: string;
}

export type ServiceState = "waiting" | "starting" | "running" | "backing-off" | "stopping" | "stopped";

export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly pid: number | null;
  /** Starts after the first one, since the manager runs. */
  readonly restarts: number;
  /** Starts that failed one after another, without the service having been healthy in between. */
  readonly failedStarts: number;
  /** How the last process ended: an exit code or a signal; null when none has. */
  readonly lastExit: string | null;
  readonly digest: string;
}

export interface ManagerStatus {
  readonly node: string;
  readonly pid: number;
  readonly services: readonly ServiceStatus[];
}

/** What the manager reads at its start and keeps up to date: it comes back with what it ran last. */
export interface ManagerSpec {
  readonly node: string;
  readonly services: readonly ServiceSpec[];
}

/** Files of one managed node, all below its folder. */
export interface ManagerPaths {
  readonly specFile: string;
  readonly socket: string;
  readonly logDir: string;
  /** Pids of the running services, so that a manager that was killed leaves nothing unknown behind. */
  readonly processesFile: string;
}

export function managerPaths(nodeDir: string): ManagerPaths {
  return {
    specFile: `${nodeDir}/services.json`,
    socket: `${nodeDir}/run/manager.sock`,
    logDir: `${nodeDir}/log`,
    processesFile: `${nodeDir}/run/processes.json`,
  };
}
