const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** A process that was healthy this long starts again without a delay of earlier failures. */
export const STABLE_AFTER_MS = 10_000;

/** Delay before the next start, doubling from 100 ms up to 5 s, after so many quick deaths in a row. */
export function restartDelayMs(quickDeaths: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.max(0, quickDeaths - 1));
}
