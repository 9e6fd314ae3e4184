import type { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { ReleaseError } from "./errors.ts";
import { asReleaseError } from "./files.ts";

const RETRY_MS = 5;
/** A swap under the lock takes milliseconds; whoever holds it this long hangs. */
const PATIENCE_MS = 10_000;
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

/**
 * Runs `action` while no other process (nor another caller in this one) holds the lock in `file`.
 *
 * The lock is the operating system's, held through an empty SQLite database: the kernel releases it when its holder
 * dies, so there are no stale locks to judge.
 *
 * @throws ReleaseError `ERR_RELEASE_STORE` when someone holds it for 10 s.
 */
export async function withFolderLock<Result>(file: string, action: () => Promise<Result>): Promise<Result> {
  // Loaded here: agents of functions without schedules do without SQLite's memory.
  const { DatabaseSync: Database } = await import("node:sqlite");
  const deadline = performance.now() + PATIENCE_MS;
  let lock = tryLock(Database, file);
  while (lock === null) {
    if (performance.now() > deadline) {
      const what = `somebody has held this lock for ${PATIENCE_MS / 1000} s; end it (fuser ${file} names it) and try again`;
      throw new ReleaseError("ERR_RELEASE_STORE", file, what);
    }
    await delay(RETRY_MS);
    lock = tryLock(Database, file);
  }
  try {
    return await action();
  } finally {
    lock.close();
  }
}

/** The open database is the lock; null while someone else holds it. */
function tryLock(Database: typeof DatabaseSync, file: string): DatabaseSync | null {
  let database: DatabaseSync | null = null;
  try {
    database = new Database(file);
    // A journal on disk would be a second file, left behind by a kill.
    database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (cause) {
    database?.close();
    const { errcode } = cause as { readonly errcode?: number };
    if (errcode === SQLITE_BUSY) return null;
    throw asReleaseError(errcode === SQLITE_FULL ? { code: "ENOSPC" } : cause, file);
  }
}
