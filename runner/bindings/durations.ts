/** Upper bounds of the buckets for how long operations of bindings take, seconds: from a key in memory to the longest wait. */
export const OPERATION_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Index of the bucket; one behind the last for what takes longer. */
export function bucketOf(seconds: number): number {
  const index = OPERATION_SECONDS.findIndex((bound) => seconds <= bound);
  return index < 0 ? OPERATION_SECONDS.length : index;
}
