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

/** One run under its lease: claimed, kept alive, given back. */
export class LeasedRun {
  readonly #claim: Claim;
  #lease: Lease;
  #etag: string;

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

  /** Says that this node is alive. @param timeMs a time of the schedule that is passed over, if one came. @returns whether the lease is still ours. @throws ReleaseError */
  renew(timeMs: number): Promise<boolean> {
    return this.#swap({ timeMs: Math.max(timeMs, this.#lease.timeMs), beat: this.#lease.beat + 1 });
  }

  /** @param timeMs as for {@link renew}. @throws ReleaseError */
  end(timeMs: number): Promise<boolean> {
    return this.#swap({ state: "over", timeMs: Math.max(timeMs, this.#lease.timeMs) });
  }

  /** Nothing was begun: the time is free for another node. @throws ReleaseError */
  giveBack(): Promise<boolean> {
    const timeMs = Math.min(this.#claim.found?.timeMs ?? 0, this.#claim.timeMs - 1);
    return this.#swap({ state: "over", timeMs });
  }

  async #swap(change: Partial<Lease>): Promise<boolean> {
    const next = { ...this.#lease, ...change };
    const etag = await this.#claim.leases.compareAndSwapLease(this.#claim.name, this.#etag, next);
    if (etag === null) return false;
    this.#lease = next;
    this.#etag = etag;
    return true;
  }
}
