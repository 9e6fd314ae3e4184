import type { LeaseStore } from "./leases.ts";
import type { Ack, ContentRef, Current } from "./types.ts";

/**
 * Where releases live. Modules and releases are immutable; `current` changes by compare-and-swap; each node owns its
 * ack. Every method throws a ReleaseError: `ERR_RELEASE_STORE_FULL` without space, `ERR_RELEASE_STORE` when the store
 * is away.
 */
export interface ReleaseStore extends LeaseStore {
  /** What people call this store, for messages: its folder or URL. */
  readonly where: string;

  /** Changes whenever `current` does and costs next to nothing; null before the first release. */
  currentStamp(): Promise<string | null>;

  /** The pointer with its entity tag; null before the first release. */
  readCurrent(): Promise<TaggedCurrent | null>;

  /** Replaces `current` if it still is the one that `expectedEtag` names (null: if there is none). */
  compareAndSwapCurrent(expectedEtag: string | null, next: Current): Promise<SwapResult>;

  /** Highest release number in the store; 0 before the first release. */
  newestRelease(): Promise<number>;

  /**
   * The bytes of `releases/<release>.json`, not yet verified; `ERR_RELEASE_MISSING`, `ERR_RELEASE_SIZE`.
   *
   * @param sha256 what they should be: where it is given, a copy nearby may be read that has it.
   */
  readRelease(release: number, sha256?: string): Promise<Buffer>;

  /** Creates `releases/<release>.json`; false when that number is taken. */
  writeRelease(release: number, bytes: Uint8Array): Promise<boolean>;

  /** Whether the module is there and whole. */
  hasModule(ref: ContentRef): Promise<boolean>;

  /** The module's bytes, not yet verified; `ERR_RELEASE_MISSING`, `ERR_RELEASE_SIZE`. */
  readModule(ref: ContentRef): Promise<Buffer>;

  /** Also where it is there already: then it is as young as a new one. */
  writeModule(ref: ContentRef, bytes: Uint8Array): Promise<void>;

  /** Highest number in the control log; 0 before its first entry. */
  newestControl(): Promise<number>;

  /** The bytes of `control/<n>.json`; null where there is none. `ERR_RELEASE_SIZE`. */
  readControl(n: number): Promise<Buffer | null>;

  /** Creates `control/<n>.json`; false when that number is taken. */
  writeControl(n: number, bytes: Uint8Array): Promise<boolean>;

  /** All immutable objects of a kind that are whole, in no order. */
  listStored(kind: StoredKind): Promise<readonly StoredObject[]>;

  /** Removes an immutable object; it is no fault when there is none. */
  removeStored(kind: StoredKind, name: string): Promise<void>;

  writeAck(ack: Ack): Promise<void>;

  /** Acks by node; a damaged one counts as not given, for its node writes it anew. */
  readAcks(): Promise<ReadonlyMap<string, Ack>>;

  /** Forgets a node that left the fleet. */
  removeAck(node: string): Promise<void>;
}

export const STORED_KINDS = ["modules", "releases", "control"] as const;
/** Immutable objects, by the folder that they are in. */
export type StoredKind = (typeof STORED_KINDS)[number];

const NUMBERED = /^([1-9]\d*)\.json$/;
/** How files of a kind are called, and what of that is the object's name. */
export const STORED_FILES = { modules: /^([0-9a-f]{64})$/, releases: NUMBERED, control: NUMBERED } as const;

export interface StoredObject {
  /** A module's SHA-256; the number of a release or an entry, in decimal. */
  readonly name: string;
  /** Since it was last written, by the store's own clock. */
  readonly ageMs: number;
}

export interface TaggedCurrent {
  readonly current: Current;
  readonly etag: string;
}

export type SwapResult =
  | { readonly swapped: true; readonly etag: string }
  /** `winner` is what is there instead. */
  | { readonly swapped: false; readonly winner: Current | null };
