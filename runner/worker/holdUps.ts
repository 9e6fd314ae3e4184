const WINDOW_MS = 5_000;
/** A longer wait for the CPU than this is no measure of the next one, ms. */
const HOLD_UP_MS_MAX = 80;
/** What one more runnable process per CPU adds to a wait, ms. */
const MS_PER_LOAD = 10;

/**
 * How long this thread was kept from the CPU in the middle of an entry, lately. isolated-vm stops entries by the wall clock;
 * on a busy machine an honest one must not be stopped for the time that it was not running.
 */
export class HoldUps {
  #sinceMs = Number.NEGATIVE_INFINITY;
  #current = 0;
  #previous = 0;

  /** The longest of the last 5 to 10 s, ms. */
  get longestMs(): number {
    return Math.max(this.#current, this.#previous);
  }

  /** What the machine's load makes likely, before it was met. @param perCpu runnable processes per CPU */
  noteLoad(perCpu: number, nowMs: number): void {
    this.note(Math.max(0, perCpu - 1) * MS_PER_LOAD, nowMs);
  }

  note(waitedMs: number, nowMs: number): void {
    if (nowMs - this.#sinceMs > WINDOW_MS) {
      this.#previous = nowMs - this.#sinceMs > 2 * WINDOW_MS ? 0 : this.#current;
      this.#current = 0;
      this.#sinceMs = nowMs;
    }
    if (waitedMs > this.#current) this.#current = Math.min(waitedMs, HOLD_UP_MS_MAX);
  }
}
