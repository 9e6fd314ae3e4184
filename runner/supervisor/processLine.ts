import { descendantsOf, startedAtTicks } from "./processFigures.ts";

/**
 * A process and what runs below it: what holds a worker, and the worker itself. Ended by their ids, since they have no process
 * group of their own; an id that another process has been given meanwhile is left alone.
 */
export class ProcessLine {
  readonly #startedAt = new Map<number, string | undefined>();

  constructor(pid: number) {
    for (const member of [pid, ...descendantsOf(pid)]) this.#startedAt.set(member, startedAtTicks(member));
  }

  /** The process that does the work: the last one. */
  get last(): number {
    return [...this.#startedAt.keys()].at(-1) as number;
  }

  /** Ends all that is left of it, from the first down: what is gone starts nothing more. */
  kill(): void {
    for (const [pid, startedAt] of this.#startedAt) {
      if (startedAtTicks(pid) !== startedAt) continue;
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}
