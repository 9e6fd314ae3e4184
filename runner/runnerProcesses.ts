import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What a test sees of a process in /proc. */
export interface ProcessFigures {
  readonly pid: number;
  readonly command: string;
}

export const linuxOnly = { skip: process.platform === "linux" ? false : "reads /proc" };

const PAGE_BYTES = 4_096;
const TICK_MS = 10;

/** Processes whose command line has this text. */
export function processesOf(text: string): number[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    return read(`/proc/${pid}/cmdline`)?.includes(text) ? [Number(pid)] : [];
  });
}

export function childrenOf(pid: number): ProcessFigures[] {
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? "").split(" ").filter(Boolean).map(Number);
  return children.map((child) => ({ pid: child, command: read(`/proc/${child}/cmdline`) ?? "" }));
}

/** All processes below one, itself left out. */
export function descendantsOf(pid: number): ProcessFigures[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child.pid)]);
}

/** The runner's processes of one kind, below its supervisor. */
export function runnerProcesses(supervisor: number, kind: "worker" | "router" | "broker"): number[] {
  const script = new RegExp(`/${kind}-[0-9a-f]+\\.mjs`);
  const found = descendantsOf(supervisor).filter(({ command }) => script.test(command));
  // A wrapper that stays as its parent shows the same command line: only the innermost is the process itself.
  return found.filter(({ pid }) => !found.some((other) => isBelow(other.pid, pid))).map(({ pid }) => pid);
}

/** Gone, or dead and not yet waited for. */
export function isGone(pid: number): boolean {
  return read(`/proc/${pid}/stat`)?.includes(") Z ") ?? true;
}

/** Processes below one that are dead and that nobody waits for. */
export function zombiesOf(pid: number): number[] {
  return descendantsOf(pid)
    .map((child) => child.pid)
    .filter((child) => read(`/proc/${child}/stat`)?.includes(") Z "));
}

export function residentMb(pid: number): number {
  return (Number(read(`/proc/${pid}/statm`)?.split(" ")[1] ?? 0) * PAGE_BYTES) / 1024 / 1024;
}

/** CPU time of a process with all its threads, ms. */
export function cpuMs(pid: number): number {
  const stat = read(`/proc/${pid}/stat`) ?? "";
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
}

/** Kinds of what a process holds open, and how many of each: `socket`, `pipe`, `anon_inode:[eventpoll]`, paths … */
export function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[\d+\]$/, "")];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function isBelow(pid: number, ancestor: number): boolean {
  return pid !== ancestor && descendantsOf(ancestor).some((child) => child.pid === pid);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/\n$/, "");
  } catch {
    return undefined;
  }
}
