import { LATENCY_BOUNDS_MS, latencyBucket } from "./latencyBuckets.ts";

/** What one version did for visitors of a split, as it travels between processes and nodes. */
export interface ArmCounts {
  readonly requests: number;
  /** Answers of 500 and above, and those that broke off, by the version's own fault. */
  readonly failures: number;
  /** Requests by latency, from arrival to the answer's head: a bucket for each of {@link LATENCY_BOUNDS_MS} and one above. */
  readonly latencies: readonly number[];
}

/** Both arms of a split on one node, and between which versions it is. */
export interface SplitCounts {
  readonly versions: { readonly stable: string; readonly candidate: string };
  readonly stable: ArmCounts;
  readonly candidate: ArmCounts;
}

export const NO_COUNTS: ArmCounts = {
  requests: 0,
  failures: 0,
  latencies: new Array(LATENCY_BOUNDS_MS.length + 1).fill(0),
};

export function sumOf(counts: readonly ArmCounts[]): ArmCounts {
  return counts.reduce(
    (sum, next) => ({
      requests: sum.requests + next.requests,
      failures: sum.failures + next.failures,
      latencies: sum.latencies.map((count, bucket) => count + (next.latencies[bucket] ?? 0)),
    }),
    NO_COUNTS,
  );
}

/** Counts of one arm as they grow. */
export class ArmCounter {
  #requests = 0;
  #failures = 0;
  readonly #latencies: number[] = [...NO_COUNTS.latencies];

  answered(tookMs: number, isFailure: boolean): void {
    const bucket = latencyBucket(tookMs);
    this.#requests++;
    this.#latencies[bucket] = (this.#latencies[bucket] ?? 0) + 1;
    if (isFailure) this.#failures++;
  }

  /** An answer that had begun well has failed after all. */
  broke(): void {
    this.#failures++;
  }

  get counts(): ArmCounts {
    return { requests: this.#requests, failures: this.#failures, latencies: [...this.#latencies] };
  }
}
