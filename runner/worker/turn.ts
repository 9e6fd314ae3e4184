/** The most that one turn of the event loop may give to entries on this thread, ms. */
export const TURN_MS = 20;
/** Once this much is used no further entry begins: each has at least the other half, ms. */
const BEGIN_WITHIN_MS = TURN_MS / 2;

/** Has entries that wait to run on this thread. */
export interface TurnTaker {
  /** Runs one entry for at most `sliceMs`. @returns whether more wait. */
  runOne(sliceMs: number): boolean;
}

/** Runs the entries that one turn of the event loop has brought together, one of each taker after the other. */
export class Turn {
  readonly #takers = new Set<TurnTaker>();
  readonly #over: () => void;
  #scheduled = false;

  /** @param over called after the entries of each turn, for what they have said together */
  constructor(over: () => void) {
    this.#over = over;
  }

  /** `taker` has entries; it gets its share after the I/O of this turn. */
  join(taker: TurnTaker): void {
    this.#takers.add(taker);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#run());
  }

  leave(taker: TurnTaker): void {
    this.#takers.delete(taker);
  }

  #run(): void {
    const startedMs = performance.now();
    let usedMs = 0;
    // A set goes on to what is added while it is walked: who has more comes again behind the others.
    for (const taker of this.#takers) {
      this.#takers.delete(taker);
      if (taker.runOne(TURN_MS - usedMs)) this.#takers.add(taker);
      usedMs = performance.now() - startedMs;
      if (usedMs >= BEGIN_WITHIN_MS) break;
    }
    this.#over();
    this.#scheduled = this.#takers.size > 0;
    if (this.#scheduled) setImmediate(() => this.#run());
  }
}
