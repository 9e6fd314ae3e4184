import type { Call } from "./call.ts";
import type { Clock } from "./clock.ts";

/** How long a lost position waits for the worker that stands by to repeat what ran there, ms: what kills does it soon. */
const REPEAT_WITHIN_MS = 200;

/**
 * When the worker that stands by takes the position of one that died: after it has repeated what ran there, so that a
 * request that kills does it once more outside the positions, not in a second serving worker.
 */
export class TakeOver {
  readonly #clock: Clock;
  readonly #takeOver: () => void;
  readonly #repeating = new Set<Call>();

  constructor(clock: Clock, takeOver: () => void) {
    this.#clock = clock;
    this.#takeOver = takeOver;
  }

  /** The worker that stands by repeats a request. */
  repeats(call: Call): void {
    this.#repeating.add(call);
  }

  /** It does so no more. */
  repeated(call: Call): void {
    if (this.#repeating.delete(call) && this.#repeating.size === 0) this.#takeOver();
  }

  /** A position may want a worker. */
  wanted(): void {
    if (this.#repeating.size === 0) return void this.#takeOver();
    this.#clock.after(REPEAT_WITHIN_MS, () => {
      this.#repeating.clear();
      this.#takeOver();
    });
  }
}
