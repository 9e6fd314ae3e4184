import { readFileSync } from "node:fs";

/** CPUs for the candidate and for the load: half each, so that neither takes the other's time. */
export interface Cores {
  readonly server: readonly number[];
  readonly load: readonly number[];
}

/** @throws Error on a machine where this process may use one CPU only. */
export function cores(): Cores {
  const [, list = ""] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const all = list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  if (all.length < 2) throw new Error("the benchmark needs two CPUs: one for the candidate, one for the load");
  return { server: all.slice(0, all.length >> 1), load: all.slice(all.length >> 1) };
}

/** Program and arguments that run what follows them on these CPUs. */
export function pinned(cpus: readonly number[]): readonly string[] {
  return ["taskset", "-c", cpus.join(",")];
}
