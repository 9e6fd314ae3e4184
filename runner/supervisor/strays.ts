import { readdirSync, readFileSync } from "node:fs";

/**
 * Ends what is left of a process that was started with this command and is gone. What holds another in namespaces is two processes
 * for a moment; killed in that moment it leaves its half behind, which waits for ever and falls to this process or one above it.
 */
export function endStrays(command: readonly string[]): void {
  const line = `${command.join("\0")}\0`;
  const above = lineage(process.pid);
  for (const pid of pids()) {
    if (read(pid, "cmdline") !== line || !above.has(parentOf(pid))) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** A process and all above it, up to the first of its namespace. */
function lineage(pid: number): Set<number> {
  const members = new Set<number>();
  for (let at = pid; at > 0 && !members.has(at); at = parentOf(at)) members.add(at);
  return members;
}

/** 0 where it cannot be seen. */
function parentOf(pid: number): number {
  const stat = read(pid, "stat") ?? "";
  // The program's name may hold spaces: fields are counted from behind its bracket.
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0);
}

function pids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    // Where there is no /proc there are no namespaces either.
    return [];
  }
}

function read(pid: number, file: "cmdline" | "stat"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
