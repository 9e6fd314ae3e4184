import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files of a memory cgroup, by the version of the interface. */
const FILES = {
  v1: { limit: "memory.limit_in_bytes", events: "memory.oom_control" },
  v2: { limit: "memory.max", events: "memory.events" },
} as const;

/** Where memory cgroups are made: version 1 beside our own, version 2 below the root, for a group with processes has no children. */
export interface MemoryHierarchy {
  readonly version: keyof typeof FILES;
  readonly parent: string;
}

/** Reads from `/proc/self/cgroup` where groups could be made, best first. @param mount `/sys/fs/cgroup`. */
export function memoryHierarchies(ownGroups: string, mount: string): MemoryHierarchy[] {
  const found: MemoryHierarchy[] = [];
  for (const line of ownGroups.split("\n")) {
    const [, controllers, path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers?.split(",").includes("memory")) found.push({ version: "v1", parent: join(mount, "memory", path) });
    else if (controllers === "") found.push({ version: "v2", parent: mount });
  }
  return found;
}

/** A memory cgroup for each worker, where this process may make them. */
export class MemoryGroups {
  readonly #folder: string;
  readonly #files: (typeof FILES)[MemoryHierarchy["version"]];
  readonly #limitBytes: number;
  readonly #made = new Set<string>();

  private constructor(hierarchy: MemoryHierarchy, name: string, limitBytes: number) {
    this.#files = FILES[hierarchy.version];
    this.#folder = join(hierarchy.parent, `edge-${name}`);
    this.#limitBytes = limitBytes;
  }

  /** @returns undefined where no hierarchy takes groups of ours. */
  static tryMake(hierarchies: readonly MemoryHierarchy[], name: string, limitBytes: number): MemoryGroups | undefined {
    for (const hierarchy of hierarchies) {
      const groups = new MemoryGroups(hierarchy, name, limitBytes);
      try {
        makeFolder(groups.#folder);
        if (hierarchy.version === "v2") writeFileSync(join(groups.#folder, "cgroup.subtree_control"), "+memory");
        groups.of("probe");
        return groups;
      } catch {
        groups.remove();
      }
    }
    return undefined;
  }

  /** The group of a worker, made when it is new. @throws Error when it cannot be made. */
  of(worker: string): string {
    const group = join(this.#folder, worker);
    if (this.#made.has(group)) return group;
    makeFolder(group);
    if (!existsSync(join(group, this.#files.limit))) throw new Error(`${group} has no memory controller`);
    endLeftovers(group);
    writeFileSync(join(group, this.#files.limit), `${this.#limitBytes}`);
    this.#made.add(group);
    return group;
  }

  /** Takes the groups away; those that still have a process stay. */
  remove(): void {
    for (const folder of [...this.#made, this.#folder]) {
      try {
        rmdirSync(folder);
      } catch {}
    }
  }
}

/** Not Node's recursive way: that never ends in a file system of the kernel that takes no folders. */
function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path);
}

/** What a supervisor that was killed may have left in a group of the same name. */
function endLeftovers(group: string): void {
  for (const pid of readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean)) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It has gone by itself.
    }
  }
}

/** Processes that the kernel killed for memory in a group; undefined where it does not say. */
export function oomKills(group: string): number | undefined {
  for (const { events } of Object.values(FILES)) {
    try {
      const count = /^oom_kill (\d+)$/m.exec(readFileSync(join(group, events), "utf8"))?.[1];
      if (count !== undefined) return Number(count);
    } catch {}
  }
  return undefined;
}
