import { readdirSync } from "node:fs";
import { setPriority } from "node:os";

/** Nice value of the threads that run isolates. */
const BEHIND = 5;

/**
 * Puts all threads of a process but its main one behind that: endless loops on four of them must not make the main thread, and
 * with it every other function of the worker, wait for a CPU.
 */
export class ThreadPriority {
  #pid = 0;
  #known = new Set<string>();

  /** Looks for threads that are new since it last looked. */
  look(pid: number): void {
    if (pid !== this.#pid) this.#known = new Set([`${pid}`]);
    this.#pid = pid;
    for (const thread of threadsOf(pid)) {
      if (this.#known.has(thread)) continue;
      this.#known.add(thread);
      try {
        setPriority(Number(thread), BEHIND);
      } catch {
        // It has ended meanwhile, or belongs to another user: then it stays as it is.
      }
    }
  }
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}
