import type { Lease } from "../../release/leases.ts";

/** A lease whose holder has not been heard of for this long has none, ms. */
export const LEASE_MS = 20_000;
/** How often a holder says that it is alive, ms. */
export const RENEW_MS = 5_000;
/** Runs at one time of a schedule, when the nodes that have them die. */
const ATTEMPTS_MAX = 2;

export type RunDecision =
  /** A schedule that is new has no time behind it: it is noted, and begins with its next one. */
  | { readonly act: "adopt" }
  | { readonly act: "run"; readonly attempt: number }
  /** Somebody else has it. */
  | { readonly act: "wait" }
  | { readonly act: "close" }
  | { readonly act: "nothing" };

/**
 * What a node does about the newest time of a schedule.
 *
 * @param given.unchangedMs how long this node, by its own monotonic clock, has seen the lease as it is: wall clocks of others prove nothing
 */
export function decideRun(given: {
  readonly timeMs: number;
  /** The time after it. */
  readonly nextMs: number;
  readonly lease: Lease | null;
  readonly unchangedMs: number;
}): RunDecision {
  const { timeMs, nextMs, lease, unchangedMs } = given;
  if (lease === null) return { act: "adopt" };
  if (lease.state === "running" && unchangedMs < LEASE_MS) return { act: "wait" };
  // A time that is further ahead than clocks differ was noted by a node whose clock was wrong.
  if (lease.timeMs < timeMs || lease.timeMs > nextMs) return { act: "run", attempt: 1 };
  if (lease.state === "over") return { act: "nothing" };
  return lease.timeMs === timeMs && lease.attempt < ATTEMPTS_MAX
    ? { act: "run", attempt: lease.attempt + 1 }
    : { act: "close" };
}
