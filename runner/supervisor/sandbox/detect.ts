import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readlinkSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { giveFolder } from "../folders.ts";
import { packageDir } from "../packageDir.ts";
import { hasFilter, workerFilter } from "../seccomp/filter.ts";
import { type Findings, layersOf } from "./layers.ts";
import { MemoryGroups, memoryHierarchies, oomKills } from "./memoryGroups.ts";
import { type Box, held, type Machine, type Plan, plans } from "./plans.ts";

const run = promisify(execFile);
const PROBE_MS = 10_000;
const REASON_CHARS_MAX = 300;
/** Where container engines show a container its own memory group. */
const CONTAINER_GROUPS = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
/** Users above all that systems and container engines give out, 128 for each folder of sockets. */
const FIRST_USER = 1_900_000_000;
const USERS_PER_RUNNER = 128;
const RUNNERS_MAX = 65_536;

interface SandboxParts {
  /** Folder of the sockets of all workers: names this runner's users and groups. */
  readonly runDir: string;
  /** Folder of one worker's sockets; undefined when there is none yet. */
  readonly slotFolder: string | undefined;
  /** Folder to write the filter to. */
  readonly cacheDir: string;
  readonly rssLimitBytes: number;
  readonly probeScript: string;
}

/** Holds processes that run tenants' code, in the best way that the machine allows. */
export class Sandbox {
  /** What holds them: name of the layer and whether it is on. */
  readonly layers: Readonly<Record<string, boolean>>;
  /** Why better ways were not taken. */
  readonly failures: readonly string[];
  readonly #plan: Plan;
  readonly #machine: Machine;
  readonly #groups: MemoryGroups | undefined;
  readonly #firstUserId: number;

  private constructor(
    parts: SandboxParts,
    machine: Machine,
    choice: { plan: Plan; layers: Record<string, boolean>; groups: MemoryGroups | undefined; failures: string[] },
  ) {
    this.layers = choice.layers;
    this.failures = choice.failures;
    this.#plan = choice.plan;
    this.#machine = machine;
    this.#groups = choice.groups;
    this.#firstUserId = firstUserId(parts.runDir);
  }

  /** Tries one way after the other, with a process that does what a worker does. @throws Error when none works. */
  static async detect(parts: SandboxParts): Promise<Sandbox> {
    const machine = await look(parts);
    const hierarchies = machine.isRoot ? memoryHierarchies(readOr("/proc/self/cgroup", ""), "/sys/fs/cgroup") : [];
    const groups = MemoryGroups.tryMake(hierarchies, folderName(parts.runDir), parts.rssLimitBytes);
    if (process.platform !== "linux") {
      const layers = { permissions: true };
      return new Sandbox(parts, machine, { plan: { by: undefined, ownUser: false }, layers, groups, failures: [] });
    }
    const failures: string[] = [];
    for (const plan of plans(machine)) {
      if (plan.ownUser && parts.slotFolder !== undefined) giveFolder(parts.slotFolder, firstUserId(parts.runDir));
      const box: Box = {
        userId: firstUserId(parts.runDir),
        folder: parts.slotFolder,
        cgroup: groups?.of("probe"),
        readable: [process.execPath, ...codeOf(parts.probeScript)],
        command: [
          process.execPath,
          "--no-node-snapshot",
          parts.probeScript,
          ...(parts.slotFolder === undefined ? [] : [parts.slotFolder]),
        ],
      };
      const [program, ...args] = held(plan, machine, box) as [string, ...string[]];
      try {
        const { stdout } = await run(program, args, { env: {}, timeout: PROBE_MS });
        const layers = layersOf(JSON.parse(stdout) as Findings, surroundings(parts, groups));
        return new Sandbox(parts, machine, { plan, layers, groups, failures });
      } catch (error) {
        failures.push(describe(plan, error as Error & { stderr?: string }));
      }
    }
    throw new Error(`no process could be started for workers:\n${failures.join("\n")}`);
  }

  /**
   * The command that runs a script of ours as a worker is run.
   *
   * @param slot whose user and memory it has.
   * @param folder of the sockets that it may reach.
   */
  command({
    slot,
    folder,
    script,
    nodeArgs,
  }: {
    slot: number;
    folder: string;
    script: string;
    nodeArgs: readonly string[];
  }): string[] {
    const userId = this.#firstUserId + slot;
    if (this.#plan.ownUser) giveFolder(folder, userId);
    return held(this.#plan, this.#machine, {
      userId,
      folder,
      cgroup: this.#groups?.of(`w${slot}`),
      readable: [process.execPath, ...codeOf(script)],
      command: [process.execPath, ...nodeArgs, ...permissionArgs(script), script],
    });
  }

  /** Processes of a slot that the kernel has killed for memory so far; undefined where it does not say. */
  oomKills(slot: number): number | undefined {
    if (this.#groups !== undefined) return oomKills(this.#groups.of(`w${slot}`));
    return CONTAINER_GROUPS.map(oomKills).find((count) => count !== undefined);
  }

  remove(): void {
    this.#groups?.remove();
  }
}

async function look({ cacheDir }: SandboxParts): Promise<Machine> {
  const find = (name: string) => ["/usr/bin", "/bin"].map((dir) => join(dir, name)).find(existsSync);
  const isLinux = process.platform === "linux";
  const programs = {
    sh: find("sh"),
    bwrap: isLinux ? find("bwrap") : undefined,
    unshare: isLinux ? find("unshare") : undefined,
    setpriv: isLinux ? find("setpriv") : undefined,
  };
  const inside = [process.execPath, ...(programs.setpriv === undefined ? [] : [programs.setpriv])];
  const libraries = programs.bwrap === undefined ? [] : await Promise.all(inside.map(librariesOf));
  return {
    isRoot: process.getuid?.() === 0,
    programs,
    filter: programs.bwrap === undefined ? undefined : writeFilter(cacheDir),
    libraries: [...new Set(libraries.flat())],
  };
}

function describe({ by, ownUser }: Plan, { stderr, message }: Error & { stderr?: string }): string {
  const way = [...(by === undefined ? [] : [by]), ...(ownUser ? ["own user"] : [])].join(" with ") || "plain";
  return `${way}: ${(stderr?.trim() || message).slice(-REASON_CHARS_MAX)}`;
}

/** Shared libraries of a program, as the loader finds them. */
async function librariesOf(program: string): Promise<string[]> {
  try {
    const { stdout } = await run("ldd", [program], { timeout: PROBE_MS });
    return [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path as string);
  } catch {
    return [];
  }
}

function writeFilter(cacheDir: string): string | undefined {
  if (!hasFilter(process.arch)) return undefined;
  const path = join(cacheDir, "seccomp.bpf");
  writeFileSync(path, workerFilter(process.arch), { mode: 0o600 });
  return path;
}

function surroundings({ runDir }: SandboxParts, groups: MemoryGroups | undefined) {
  const namespace = (name: string) => {
    try {
      return readlinkSync(`/proc/self/ns/${name}`);
    } catch {
      return "";
    }
  };
  const routerUserId = existsSync(runDir) ? statSync(runDir).uid : undefined;
  return {
    namespaces: { pid: namespace("pid"), ipc: namespace("ipc") },
    routerUserId,
    memory: groups !== undefined,
  };
}

/** What a worker's process reads: its script and isolated-vm. */
function codeOf(script: string): string[] {
  return [realpathSync(script), packageDir("isolated-vm"), packageDir("node-gyp-build")];
}

/** Reads of the worker's code and of isolated-vm only. `--allow-net` is for UNIX sockets: the namespace has no other net. */
function permissionArgs(script: string): string[] {
  const [file, ...folders] = codeOf(script);
  const readable = [file, "/etc/alpine-release", ...folders.map((folder) => join(folder, "*"))];
  return ["--permission", "--allow-addons", "--allow-net", ...readable.map((path) => `--allow-fs-read=${path}`)];
}

function firstUserId(runDir: string): number {
  const runner = Number.parseInt(folderName(runDir), 16) % RUNNERS_MAX;
  return FIRST_USER + runner * USERS_PER_RUNNER;
}

function folderName(runDir: string): string {
  return createHash("sha256").update(runDir).digest("hex").slice(0, 12);
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
