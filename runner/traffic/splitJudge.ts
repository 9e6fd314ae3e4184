import type { ArmCounts } from "./armCounts.ts";
import { LATENCY_BOUNDS_MS } from "./latencyBuckets.ts";

/**
 * How often a candidate that keeps the bounds is condemned all the same, however long its split lasts: half of it for failures, half for
 * latency. A split is looked at when its candidate has answered `minRequests`, and whenever that has doubled; the first look spends half of what there
 * is, the next one half of what is left, and so on, so that looking again and again adds up to no more.
 */
export const ALPHA = 0.01;
const QUANTILE = 0.99;

/** Bounds against the stable version. */
export interface GuardBounds {
  readonly errorRate: number;
  readonly p99: number;
  readonly minRequests: number;
}

/** Number of the look that is due, from 1; 0 before the first. */
export function lookOf(candidateRequests: number, minRequests: number): number {
  return candidateRequests < minRequests ? 0 : Math.floor(Math.log2(candidateRequests / minRequests)) + 1;
}

/**
 * Why the candidate is condemned at this look; null when it is not shown to break a bound.
 *
 * Failures: the lower confidence bound of the difference of the two shares (Newcombe's, of Wilson's intervals) is above `errorRate`. Latency: the
 * share of the candidate's requests that are slower than `p99` times the upper confidence bound of the stable version's 99th percentile
 * is, with confidence, above 1 %.
 */
export function condemn(stable: ArmCounts, candidate: ArmCounts, guard: GuardBounds, look: number): string | null {
  if (look < 1 || stable.requests === 0 || candidate.requests === 0) return null;
  const alpha = ALPHA / 2 / 2 ** look;
  return failing(stable, candidate, guard, alpha) ?? slow(stable, candidate, guard, alpha);
}

function failing(stable: ArmCounts, candidate: ArmCounts, { errorRate }: GuardBounds, alpha: number): string | null {
  const z = zOf(alpha);
  const [ours, theirs] = [candidate.failures / candidate.requests, stable.failures / stable.requests];
  const below = ours - wilson(candidate.failures, candidate.requests, z).low;
  const above = wilson(stable.failures, stable.requests, z).high - theirs;
  if (ours - theirs - Math.hypot(below, above) <= errorRate) return null;
  return (
    `${candidate.failures} of ${candidate.requests} requests failed (${percent(ours)}), of the stable version ` +
    `${stable.failures} of ${stable.requests} (${percent(theirs)}); the bound is ${percent(errorRate)} more`
  );
}

function slow(stable: ArmCounts, candidate: ArmCounts, { p99 }: GuardBounds, alpha: number): string | null {
  // Both must hold at once, so each has half.
  const z = zOf(alpha / 2);
  const stableBucket = quantileBucket(stable, (within, all) => wilson(within, all, z).low >= QUANTILE);
  const bound = LATENCY_BOUNDS_MS[stableBucket];
  if (bound === undefined) return null;
  const mostMs = bound * p99;
  // Only whole buckets above it are slower for certain.
  const first = LATENCY_BOUNDS_MS.findIndex((upper) => upper >= mostMs) + 1;
  if (first === 0) return null;
  const slower = candidate.latencies.slice(first).reduce((sum, count) => sum + count, 0);
  if (wilson(slower, candidate.requests, z).low <= 1 - QUANTILE) return null;
  const found = quantileBucket(candidate, (within, all) => within / all >= QUANTILE);
  const shown =
    LATENCY_BOUNDS_MS[found] === undefined
      ? `above ${shownMs(LATENCY_BOUNDS_MS.at(-1) as number)}`
      : shownMs(LATENCY_BOUNDS_MS[found] as number);
  return (
    `the 99th percentile of ${candidate.requests} requests is ${shown}, of the stable version's ${stable.requests} ` +
    `at most ${shownMs(bound)}; the bound is ${p99} times that`
  );
}

/** First bucket below whose upper bound the quantile lies, as `isReached` judges; the number of all buckets when none is. */
function quantileBucket(
  { latencies, requests }: ArmCounts,
  isReached: (within: number, all: number) => boolean,
): number {
  let within = 0;
  for (const [bucket, count] of latencies.entries()) {
    within += count;
    if (isReached(within, requests)) return bucket;
  }
  return latencies.length;
}

/** Wilson's score interval of a share, each end one-sided. */
export function wilson(hits: number, all: number, z: number): { readonly low: number; readonly high: number } {
  const share = hits / all;
  const middle = (share + (z * z) / (2 * all)) / (1 + (z * z) / all);
  const half = (z / (1 + (z * z) / all)) * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** The z above which a standard normal value lies with probability `alpha`, by Abramowitz and Stegun 26.2.23: to 4.5e-4. */
function zOf(alpha: number): number {
  const t = Math.sqrt(-2 * Math.log(alpha));
  const above = 2.515517 + 0.802853 * t + 0.010328 * t * t;
  return t - above / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))} %`;
}

function shownMs(ms: number): string {
  return `${Math.round(ms * 10) / 10} ms`;
}
