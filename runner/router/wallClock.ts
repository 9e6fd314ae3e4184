/** Fires once when so much time has passed; pauses do not count. */
export class WallClock {
  readonly #limitMs: number;
  readonly #fired: (usedMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  #usedMs = 0;
  #runSinceMs = 0;
  #stopped = false;

  constructor(limitMs: number, fired: (usedMs: number) => void) {
    this.#limitMs = limitMs;
    this.#fired = fired;
    this.run();
  }

  run(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#runSinceMs = performance.now();
    this.#timer = setTimeout(() => {
      const usedMs = this.#usedMs + performance.now() - this.#runSinceMs;
      this.stop();
      this.#fired(usedMs);
    }, this.#limitMs - this.#usedMs);
  }

  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#usedMs += performance.now() - this.#runSinceMs;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stopped = true;
  }
}
