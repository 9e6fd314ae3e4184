/** Programs of the machine that can hold a process; undefined where there is none. */
export interface Programs {
  readonly sh: string | undefined;
  readonly bwrap: string | undefined;
  readonly unshare: string | undefined;
  readonly setpriv: string | undefined;
}

/** One way to hold a process. */
export interface Plan {
  /** What makes the namespaces. */
  readonly by: "bwrap" | "unshare" | undefined;
  /** Whether the process gets a user of its own: root alone can give one. */
  readonly ownUser: boolean;
}

/** What one process is given to run with. */
export interface Box {
  /** User and group, where the plan gives one. */
  readonly userId: number;
  /** Folder of the sockets that it may reach. */
  readonly folder: string | undefined;
  /** Memory cgroup that it joins. */
  readonly cgroup: string | undefined;
  /** Files and folders that it may read. */
  readonly readable: readonly string[];
  /** The program with its arguments. */
  readonly command: readonly string[];
}

/** What a machine has for all processes. */
export interface Machine {
  readonly isRoot: boolean;
  readonly programs: Programs;
  /** File of the seccomp filter; undefined where there is none for the architecture. */
  readonly filter: string | undefined;
  /** Shared libraries of the programs that run inside. */
  readonly libraries: readonly string[];
}

/** Open files of one worker: two sockets, a pipe, and what Node itself has. */
const OPEN_FILES_MAX = 256;
const FILTER_FD = "4";
/** No core dumps: they hold secrets. Ctrl-C at a terminal goes to the whole session: the supervisor says when a worker ends. What is joined and opened here is held by whatever is started. */
const START = `trap '' INT; ulimit -c 0; ulimit -n ${OPEN_FILES_MAX}
[ -z "$1" ] || echo $$ >"$1/cgroup.procs" || exit 70
[ -z "$2" ] || exec ${FILTER_FD}<"$2" || exit 71
shift 2; exec "$@"`;

/** The ways to try on a machine, the one that holds best first; the last always works. */
export function plans({ isRoot, programs }: Pick<Machine, "isRoot" | "programs">): Plan[] {
  const makers = (["bwrap", "unshare", undefined] as const).filter((by) => by === undefined || programs[by]);
  const users = isRoot && programs.setpriv !== undefined ? [true, false] : [false];
  return makers.flatMap((by) => users.map((ownUser) => ({ by, ownUser })));
}

/** The whole command that runs a box's command in the way of a plan. */
export function held(plan: Plan, machine: Machine, box: Box): string[] {
  const { sh } = machine.programs;
  const filter = plan.by === "bwrap" ? machine.filter : undefined;
  const start = sh === undefined ? [] : [sh, "-c", START, "sh", box.cgroup ?? "", filter ?? ""];
  const inner = [...privileges(plan, machine, box), ...box.command];
  if (plan.by === "bwrap") return [...start, ...bubble(plan, machine, box), ...inner];
  if (plan.by === "unshare") return [...start, ...unshared(machine), ...inner];
  return [...start, ...inner];
}

/** The last step before the program: a user of its own, no capability, and no way to gain one. */
function privileges({ ownUser }: Plan, { isRoot, programs }: Machine, { userId }: Box): string[] {
  if (programs.setpriv === undefined) return [];
  const user = ownUser ? [`--reuid=${userId}`, `--regid=${userId}`, "--clear-groups"] : [];
  const capabilities = isRoot ? ["--inh-caps=-all", "--bounding-set=-all"] : [];
  return [programs.setpriv, "--no-new-privs", ...user, ...capabilities];
}

function unshared({ isRoot, programs }: Machine): string[] {
  const user = isRoot ? [] : ["--user", "--map-current-user"];
  return [programs.unshare as string, ...user, "--net", "--ipc", "--uts"];
}

/** An empty, read-only root with the few files that are needed, and every namespace of its own. */
function bubble({ ownUser }: Plan, machine: Machine, { folder, readable }: Box): string[] {
  const { isRoot, programs, filter, libraries } = machine;
  const setpriv = programs.setpriv === undefined ? [] : [programs.setpriv];
  const readOnly = [...libraries, ...setpriv, ...readable, ...(folder === undefined ? [] : [folder])];
  return [
    programs.bwrap as string,
    ...(isRoot ? [] : ["--unshare-user"]),
    ...["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"],
    // No new session: a worker has no terminal to type into, and one session shares the CPU best (see child.ts).
    ...["--die-with-parent", "--cap-drop", "ALL"],
    ...(ownUser ? ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"] : []),
    // Made by itself, they would be root's alone.
    ...parentsOf(readOnly).flatMap((path) => ["--perms", "0755", "--dir", path]),
    ...readOnly.flatMap((path) => ["--ro-bind", path, path]),
    ...["/dev/null", "/dev/urandom"].flatMap((path) => ["--dev-bind", path, path]),
    ...["--proc", "/proc", "--remount-ro", "/", "--chdir", "/"],
    ...(filter === undefined ? [] : ["--seccomp", FILTER_FD]),
    "--",
  ];
}

/** Every folder above the paths, the upper ones first. */
function parentsOf(paths: readonly string[]): string[] {
  const parents = paths.flatMap((path) => {
    const names = path.split("/").slice(1, -1);
    return names.map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
  });
  return [...new Set(parents)].sort();
}
