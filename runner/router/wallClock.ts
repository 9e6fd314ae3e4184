/** Fires when the function alone has been waited for so long; each `run` counts from zero. */
export class WallClock {
  readonly #limitMs: number;
  readonly #fired: (usedMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(limitMs: number, fired: (usedMs: number) => void) {
    this.#limitMs = limitMs;
    this.#fired = fired;
    this.run();
  }

  run(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    const sinceMs = performance.now();
    this.#timer = setTimeout(() => {
      this.stop();
      this.#fired(performance.now() - sinceMs);
    }, this.#limitMs);
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  stop(): void {
    this.pause();
    this.#stopped = true;
  }
}
