import { readFileSync } from "node:fs";
import { cpuMs, descendantsOf } from "../../runnerProcesses.ts";

/** CPU time of a process and all below it, ms. */
export function treeCpuMs(pid: number): number {
  return treeOf(pid).reduce((sum, each) => sum + cpuMs(each), 0);
}

/** Resident size of one process, MB, counted page by page: the kernel's cheap figure may lag. */
export function residentMb(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return Number(/^Rss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) / 1024;
}

function treeOf(pid: number): number[] {
  return [pid, ...descendantsOf(pid).map((child) => child.pid)];
}
