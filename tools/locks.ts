import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { processStart } from "../components/local/manager/processes.ts";
import { stateDir, statePaths } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";

interface Lock {
  readonly pid: number;
  readonly hostname: string;
}

/** Removes the locks that interrupted runs left on the state; a lock whose process lives stays. */
export function removeStaleLocks(): void {
  const dir = path.join(statePaths(stateDir(PACKAGE_DIR)).pulumi, ".pulumi/locks");
  if (!fs.existsSync(dir)) return;
  for (const name of fs.readdirSync(dir, { recursive: true, encoding: "utf8" })) {
    const file = path.join(dir, name);
    if (!name.endsWith(".json")) continue;
    const lock = readLock(file);
    if (lock === null) continue;
    if (lock.hostname !== os.hostname() || processStart(lock.pid) !== null) continue;
    fs.rmSync(file);
    console.log(`Removed the lock of an interrupted run (pid ${lock.pid}).`);
  }
}

/** Null for a lock that is just being written; one that was cut off while writing is Pulumi's to complain about. */
function readLock(file: string): Lock | null {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8")) as Lock;
  } catch {
    return null;
  }
}
