/** What a figure was over all rounds. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws RangeError when there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { min: quantile(sorted, 0), median: quantile(sorted, 0.5), max: quantile(sorted, 1) };
}

export function medianOf(values: readonly number[]): number {
  return spreadOf(values).median;
}

/** Of two candidates that took turns: the median of what each round says, so that a busy minute counts for both. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return medianOf(ours.slice(0, theirs.length).map((value, round) => value / (theirs[round] as number)));
}

function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) throw new RangeError("no values");
  return below + (above - below) * (at - Math.floor(at));
}
