/** Each bucket's upper bound is so much above the one before: what a percentile is known to. */
const STEP = 1.25;
const FIRST_MS = 1;
const LAST_MS = 60_000;

/** Upper bounds of latencies' buckets, ms; what is above the last one is in one more bucket. */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from(
  { length: Math.ceil(Math.log(LAST_MS / FIRST_MS) / Math.log(STEP)) + 1 },
  (_, index) => FIRST_MS * STEP ** index,
);

/** Number of the bucket that a latency falls into. */
export function latencyBucket(ms: number): number {
  if (ms <= FIRST_MS) return 0;
  const index = Math.ceil(Math.log(ms / FIRST_MS) / Math.log(STEP) - 1e-9);
  return Math.min(index, LATENCY_BOUNDS_MS.length);
}
