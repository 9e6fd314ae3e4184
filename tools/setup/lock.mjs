// @ts-check
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Interrupted } from "./problem.mjs";

/**
 * A lock between processes of one machine that needs no cleaning up after a crash.
 *
 * Everyone who wants it writes a file of its own into the lock's folder and then looks: alone means owner, otherwise it takes its file
 * back and tries again. Of two contenders the later one must see the earlier one's file, so there are never two owners. File names are never reused,
 * hence a dead process's file can be deleted by anybody, at any time, safely; that is how a stale lock is taken over.
 */

/** Between two tries, plus as much again at random, so that contenders do not stay in step. Short beside the minutes that a holder works. */
const retryMs = 100;

/**
 * Waits until this process owns the lock.
 * @param {string} dir the lock's folder; made when missing
 * @param {{ onWait?: (pid: number) => void, signal?: AbortSignal }} [options] `onWait` is told once whom the lock waits for
 * @returns {Promise<() => void>} gives the lock back
 * @throws {Interrupted} when `signal` fires while waiting
 */
export async function takeLock(dir, { onWait, signal } = {}) {
  mkdirSync(dir, { recursive: true });
  let told = false;
  for (;;) {
    if (signal?.aborted) throw new Interrupted();
    const mine = `${process.pid}-${processStart(process.pid) ?? 0}-${crypto.randomUUID().slice(0, 8)}`;
    writeFileSync(join(dir, mine), "", { flag: "wx" });
    const others = liveContenders(dir).filter((name) => name !== mine);
    const giveBack = () => rmSync(join(dir, mine), { force: true });
    if (others.length === 0) return giveBack;
    giveBack();
    if (!told) onWait?.(Number.parseInt(others[0] ?? "", 10));
    told = true;
    await delay(retryMs + Math.random() * retryMs);
  }
}

/** @param {string} dir */
function liveContenders(dir) {
  return readdirSync(dir).filter((name) => {
    const [pid, start] = name.split("-");
    if (isSameProcess(Number(pid), start ?? "")) return true;
    rmSync(join(dir, name), { force: true });
    return false;
  });
}

/**
 * @param {number} pid
 * @param {string} start as `processStart` gave it when the file was written
 */
function isSameProcess(pid, start) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EPERM") return false;
  }
  return start === String(processStart(pid) ?? 0);
}

/**
 * When the process started, in clock ticks since boot: tells a process from a later one with the same pid. Linux only.
 * @param {number} pid
 * @returns {number | undefined} undefined where there is no /proc
 */
function processStart(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command in parentheses may hold spaces and parentheses itself; field 22 counts from after the last one.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  } catch {
    return undefined;
  }
}
