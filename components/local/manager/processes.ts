import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** A process that can be recognised later: a pid alone may have been given to another program. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: string;
}

/** When a process started, as the system tells it; null when there is no such process. */
export function processStart(pid: number): string | null {
  try {
    if (process.platform === "linux") {
      const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
      // The program's name is in brackets and may hold anything; the fields after it are plain.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? null : (fields[19] ?? null);
    }
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch {
    return null;
  }
}

export function recordOf(name: string, pid: number): ProcessRecord | null {
  const startedAt = processStart(pid);
  return startedAt === null ? null : { name, pid, startedAt };
}

export function isAlive(record: ProcessRecord): boolean {
  return processStart(record.pid) === record.startedAt;
}

/** Signals the whole group, since services have children of their own; false when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

export function readRecords(file: string): ProcessRecord[] {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as ProcessRecord[];
  } catch {
    return [];
  }
}

export function writeRecords(file: string, records: readonly ProcessRecord[]): void {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, JSON.stringify(records));
  fs.renameSync(temporary, file);
}

/** Ends what a killed manager left behind: asks first, then kills. Returns the names that were found alive. */
export async function endLeftovers(file: string, graceMs: number): Promise<string[]> {
  const alive = readRecords(file).filter(isAlive);
  for (const record of alive) signalGroup(record.pid, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while (alive.some(isAlive) && Date.now() < deadline) await delay(50);
  // The leader may be gone and a child of its group still there, so the kill goes to every group.
  for (const record of alive) signalGroup(record.pid, "SIGKILL");
  while (alive.some(isAlive)) await delay(20);
  fs.rmSync(file, { force: true });
  return alive.map((record) => record.name);
}
