/** Life after which a process counts as well again, ms. */
const WELL_MS = 10_000;
const FIRST_MS = 100;
const LONGEST_MS = 5_000;

/** When to start a process again: at once after a first death, then later and later; a long life makes up for all of them. */
export class RespawnDelay {
  #deaths = 0;

  /** @returns how long to wait, ms. */
  afterDeath(livedMs: number): number {
    if (livedMs >= WELL_MS) this.#deaths = 0;
    const delayMs = this.#deaths === 0 ? 0 : Math.min(FIRST_MS * 2 ** (this.#deaths - 1), LONGEST_MS);
    this.#deaths++;
    return delayMs;
  }
}
