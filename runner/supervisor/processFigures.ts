import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts CPU time in ticks of 1/100 s on every platform that Node supports. */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;

/** CPU time that a process's main thread has had, ms; undefined where there is no /proc. */
export function mainThreadCpuMs(pid: number): number | undefined {
  const fields = fieldsOf(read(`/proc/${pid}/task/${pid}/stat`));
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Resident size, bytes; undefined where there is no /proc. */
export function residentBytes(pid: number): number | undefined {
  const pages = read(`/proc/${pid}/statm`)?.split(" ")[1];
  return pages === undefined ? undefined : Number(pages) * PAGE_BYTES;
}

/** All processes below one, each before its own children; none where that cannot be seen. */
export function descendantsOf(pid: number): number[] {
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? "").trim().split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Processes that a command became, whose parent is gone; none where that cannot be seen. Wrappers that end in `exec` leave the end of the command line. */
export function orphansOf(command: readonly string[]): number[] {
  const line = `\0${command.join("\0")}\0`;
  return pids().filter((pid) => {
    const own = read(`/proc/${pid}/cmdline`);
    return own !== undefined && own !== "" && line.endsWith(`\0${own}`) && parentOf(pid) === "1";
  });
}

function parentOf(pid: number): string | undefined {
  return fieldsOf(read(`/proc/${pid}/stat`))?.[1];
}

function pids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** When a process started, as the kernel counts; with its id it names a process for good. Undefined where it cannot be seen. */
export function startedAtTicks(pid: number): string | undefined {
  return fieldsOf(read(`/proc/${pid}/stat`))?.[19];
}

/** The program's name may hold spaces: fields are counted from behind its bracket. */
function fieldsOf(stat: string | undefined): string[] | undefined {
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
