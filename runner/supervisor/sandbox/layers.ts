/** What a process in the sandbox found out about itself. */
export interface Findings {
  /** `/proc/self/status`. */
  readonly status: string;
  /** `/proc/self/net/dev`. */
  readonly interfaces: string;
  /** `/proc/self/mountinfo`. */
  readonly mounts: string;
  /** `/proc/self/limits`. */
  readonly limits: string;
  /** `/proc/self/ns/<name>`: which namespaces it is in. */
  readonly namespaces: Readonly<Record<"pid" | "ipc", string>>;
}

/** What its supervisor knows beside that. */
export interface Surroundings {
  readonly namespaces: Findings["namespaces"];
  /** User of the folder in which the router listens. */
  readonly routerUserId: number | undefined;
  /** Whether each worker has a memory cgroup of its own. */
  readonly memory: boolean;
}

/** What holds a worker besides its isolates; each as it was found from inside, whoever put it there. */
export function layersOf(found: Findings, around: Surroundings) {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(found.status)?.[1]?.trim() ?? "";
  const isNone = (name: string) => /^0+$/.test(field(name));
  const userId = Number(field("Uid").split(/\s/)[0]);
  const interfaces = found.interfaces.split("\n").flatMap((line) => /^\s*([^:|\s]+):/.exec(line)?.[1] ?? []);
  const root = found.mounts.split("\n").find((line) => line.split(" ")[4] === "/");
  return {
    /** No network interface but a loopback of its own. */
    network: interfaces.every((name) => name === "lo"),
    /** A user of its own: neither root nor the router's. */
    user: userId !== 0 && userId !== around.routerUserId,
    /** No privilege can be gained through set-user-id programs. */
    noNewPrivileges: field("NoNewPrivs") === "1",
    /** No capability, and none to be had. */
    capabilities: isNone("CapEff") && isNone("CapPrm") && isNone("CapBnd"),
    /** It sees and signals no process but its own. */
    processes: found.namespaces.pid !== around.namespaces.pid,
    ipc: found.namespaces.ipc !== around.namespaces.ipc,
    /** A read-only root. */
    files: root !== undefined && (root.split(" ")[5] ?? "").split(",").includes("ro"),
    /** A filter of system calls. */
    seccomp: field("Seccomp") === "2",
    noCoreDumps: /^Max core file size\s+0\s+0\s/m.test(found.limits),
    /** Node's permission model: no processes, no threads, reads of its own code only, no writes. */
    permissions: true,
    /** A memory cgroup of its own; without, its resident size is looked at ten times a second. */
    memory: around.memory,
  };
}
