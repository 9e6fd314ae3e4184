/** Time as the router's decisions see it; tests turn it by hand. */
export interface Clock {
  /** Monotonic, ms. */
  nowMs(): number;
  /** @returns a function that takes it back. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
