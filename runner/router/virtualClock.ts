import type { Clock } from "./clock.ts";

/** A clock that stands still until a test turns it. */
export class VirtualClock implements Clock {
  #nowMs = 1_000;
  readonly #due = new Map<number, { readonly atMs: number; run(): void }>();
  #lastId = 0;

  /** Calls that have not come due. */
  get pending(): number {
    return this.#due.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const id = ++this.#lastId;
    this.#due.set(id, { atMs: this.#nowMs + delayMs, run });
    return () => void this.#due.delete(id);
  }

  /** Runs what comes due, in its order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#due].sort(([a, x], [b, y]) => x.atMs - y.atMs || a - b);
      if (next === undefined || next[1].atMs > untilMs) break;
      this.#due.delete(next[0]);
      this.#nowMs = next[1].atMs;
      next[1].run();
    }
    this.#nowMs = untilMs;
  }
}
