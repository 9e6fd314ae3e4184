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

  /** The bytes of `releases/<release>.json`; `ERR_RELEASE_MISSING`, `ERR_RELEASE_SIZE`. */
  readRelease(release: number): Promise<Buffer>;

  /** Creates `releases/<release>.json`; false when that number is taken. */
  writeRelease(release: number, bytes: Uint8Array): Promise<boolean>;

  /** Whether the module is there and whole. */
  hasModule(ref: ContentRef): Promise<boolean>;

  /** The module's bytes, not yet verified; `ERR_RELEASE_MISSING`, `ERR_RELEASE_SIZE`. */
  readModule(ref: ContentRef): Promise<Buffer>;

  writeModule(ref: ContentRef, bytes: Uint8Array): Promise<void>;

  writeAck(ack: Ack): Promise<void>;

  /** Acks by node; a damaged one counts as not given, for its node writes it anew. */
  readAcks(): Promise<ReadonlyMap<string, Ack>>;

  /** Forgets a node that left the fleet. */
  removeAck(node: string): Promise<void>;
}

export interface TaggedCurrent {
  readonly current: Current;
  readonly etag: string;
}

export type SwapResult =
  | { readonly swapped: true; readonly etag: string }
  /** `winner` is what is there instead. */
  | { readonly swapped: false; readonly winner: Current | null };
