import { readFileSync } from "node:fs";

/** The kernel counts CPU time in ticks of 1/100 s on every platform that Node supports. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

/** CPU time that a process's main thread has had, ms; undefined where there is no /proc. */
export function mainThreadCpuMs(pid: number): number | undefined {
  const text = read(`/proc/${pid}/task/${pid}/stat`);
  if (text === undefined) return undefined;
  // The program's name may hold spaces: fields are counted from behind its bracket.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident size, bytes; undefined where there is no /proc. */
export function residentBytes(pid: number): number | undefined {
  const pages = read(`/proc/${pid}/statm`)?.split(" ")[1];
  return pages === undefined ? undefined : Number(pages) * PAGE_BYTES;
}

/** The process at the end of a line of only children; the process itself where that cannot be seen. */
export function lastDescendant(pid: number): number {
  const [child, ...others] = (read(`/proc/${pid}/task/${pid}/children`) ?? "").trim().split(" ").filter(Boolean);
  return child === undefined || others.length > 0 ? pid : lastDescendant(Number(child));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
