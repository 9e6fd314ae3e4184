import { LEASE_SCHEMA, type Lease, type LeaseStore } from "../../release/leases.ts";
import type { RunVerdict } from "../../schedules/schedule.ts";

/** `lost`: another node has taken the run over; what of it still goes on here is told to stop. */
export type RunEnd = RunVerdict | { readonly outcome: "lost" | "away"; readonly reason: string };

interface Claim {
  readonly name: string;
  readonly leases: LeaseStore;
  /** What the lease was when it was claimed. */
  readonly found: Lease | null;
  readonly etag: string | null;
  readonly holder: string;
  readonly timeMs: number;
  readonly attempt: number;
}

/** One run under its lease: claimed, kept alive, given back. Its swaps follow one another, however they are asked for. */
export class LeasedRun {
  readonly #claim: Claim;
  #lease: Lease;
  #etag: string;
  #lastSwap: Promise<unknown> = Promise.resolve();
  #renewal: Promise<boolean> | undefined;

  private constructor(claim: Claim, lease: Lease, etag: string) {
    this.#claim = claim;
    this.#lease = lease;
    this.#etag = etag;
  }

  /** @returns null when another node was faster. @throws ReleaseError */
  static async claim(claim: Claim): Promise<LeasedRun | null> {
    const { name, leases, found, etag, holder, timeMs, attempt } = claim;
    const generation = (found?.generation ?? 0) + 1;
    const lease: Lease = { schema: LEASE_SCHEMA, generation, holder, timeMs, state: "running", attempt, beat: 0 };
    const claimed = await leases.compareAndSwapLease(name, etag, lease);
    return claimed === null ? null : new LeasedRun(claim, lease, claimed);
  }

  get fencing(): number {
    return this.#lease.generation;
  }
  get timeMs(): number {
    return this.#lease.timeMs;
  }

  /**
   * Says that this node is alive; while it is being said, it is not said again.
   *
   * @param timeMs a time of the schedule that is passed over, if one came. @returns whether the lease is still ours. @throws ReleaseError
   */
  renew(timeMs: number): Promise<boolean> {
    this.#renewal ??= this.#swap((lease) => ({ timeMs: Math.max(timeMs, lease.timeMs), beat: lease.beat + 1 })).finally(
      () => {
        this.#renewal = undefined;
      },
    );
    return this.#renewal;
  }

  /** @param timeMs as for {@link renew}. @throws ReleaseError; then it can be asked again */
  end(timeMs: number): Promise<boolean> {
    return this.#swap((lease) => ({ state: "over", timeMs: Math.max(timeMs, lease.timeMs) }));
  }

  /** Nothing was begun: the time is free for another node. @throws ReleaseError; then it can be asked again */
  giveBack(): Promise<boolean> {
    const timeMs = Math.min(this.#claim.found?.timeMs ?? 0, this.#claim.timeMs - 1);
    return this.#swap(() => ({ state: "over", timeMs }));
  }

  #swap(change: (lease: Lease) => Partial<Lease>): Promise<boolean> {
    const swapped = this.#lastSwap.then(() => this.#swapNow(change));
    this.#lastSwap = swapped.catch(() => {});
    return swapped;
  }

  async #swapNow(change: (lease: Lease) => Partial<Lease>): Promise<boolean> {
    const { leases, name } = this.#claim;
    const next = { ...this.#lease, ...change(this.#lease) };
    let etag = await leases.compareAndSwapLease(name, this.#etag, next);
    if (etag === null) {
      // A swap that failed may have been done all the same. The generation is this run's alone.
      const found = await leases.readLease(name);
      if (found?.lease.generation !== this.#lease.generation || found.lease.state === "over") return false;
      etag = await leases.compareAndSwapLease(name, found.etag, next);
    }
    if (etag === null) return false;
    this.#lease = next;
    this.#etag = etag;
    return true;
  }
}
