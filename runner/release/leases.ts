import * as shape from "./shape.ts";

/** The layout of `leases/<name>.json` that this code writes and reads. */
export const LEASE_SCHEMA = 1;
/** Largest lease, bytes. */
export const LEASE_BYTES_MAX = 4_096;

/** A schedule's place in the store: who runs it, or who ran it last. Changed by compare-and-swap alone. */
export interface Lease {
  readonly schema: number;
  /** Grows with each run: the run's fencing number. What an older run still does can be told by it. */
  readonly generation: number;
  /** Node that has the run. */
  readonly holder: string;
  /** The newest time of the schedule that was run or passed over, Unix time in ms. */
  readonly timeMs: number;
  readonly state: "running" | "over";
  /** Which attempt at its time the run is, from 1. */
  readonly attempt: number;
  /** Grows while the holder is alive. */
  readonly beat: number;
}

export interface TaggedLease {
  readonly lease: Lease;
  readonly etag: string;
}

/** Where leases live. Methods throw a ReleaseError when the store is away, or a lease in it is damaged. */
export interface LeaseStore {
  /** Null before the first run. */
  readLease(name: string): Promise<TaggedLease | null>;

  /**
   * Replaces a lease if it still is the one that `expectedEtag` names (null: if there is none).
   *
   * @returns the new tag; null when somebody else was faster.
   */
  compareAndSwapLease(name: string, expectedEtag: string | null, next: Lease): Promise<string | null>;

  /** Names of all leases that are there. */
  listLeases(): Promise<readonly string[]>;

  /** Removes a lease if it still is the one that `expectedEtag` names. @returns whether it was. */
  removeLease(name: string, expectedEtag: string): Promise<boolean>;
}

/** Also the name of a file, so it never leaves its folder. */
export const LEASE_NAME = {
  regex: /^[A-Za-z0-9][A-Za-z0-9._-]{0,239}$/,
  gloss: "a lease's name: letters, digits, `.`, `_` and `-`",
};
const HOLDER = { regex: /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, gloss: "a node's name" };
const COUNTER = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** @throws ReleaseError naming the key path. */
export function validateLease(value: unknown): Lease {
  const keys = ["schema", "generation", "holder", "timeMs", "state", "attempt", "beat"] as const;
  const fields = shape.record(value, keys, "lease");
  shape.integer(fields.schema, "lease.schema", { min: LEASE_SCHEMA, max: LEASE_SCHEMA });
  shape.integer(fields.generation, "lease.generation", COUNTER);
  shape.matching(fields.holder, "lease.holder", HOLDER);
  shape.integer(fields.timeMs, "lease.timeMs", { min: 0, max: Number.MAX_SAFE_INTEGER });
  shape.oneOf(fields.state, "lease.state", ["running", "over"]);
  shape.integer(fields.attempt, "lease.attempt", COUNTER);
  shape.integer(fields.beat, "lease.beat", { min: 0, max: Number.MAX_SAFE_INTEGER });
  return value as Lease;
}
