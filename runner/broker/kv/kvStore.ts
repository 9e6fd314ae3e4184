import type { KvEntry, KvFound, KvListed, KvPage } from "./kvDatabase.ts";

/**
 * Where keys and values are: on the node now. What `put`, `endValue` and `delete` have resolved for is on disk. Every method rejects
 * with a BindingFault.
 */
export interface KvStore {
  get(namespace: string, key: string): Promise<KvFound | undefined>;
  put(namespace: string, key: string, entry: KvEntry, bytes: Uint8Array): Promise<void>;
  /** Begins a value that comes in pieces. */
  beginValue(namespace: string): Promise<number>;
  addPiece(namespace: string, value: number, number: number, bytes: Uint8Array): Promise<void>;
  endValue(namespace: string, key: string, entry: KvEntry, value: number): Promise<void>;
  dropValue(value: number): Promise<void>;
  /** @returns undefined when the value was replaced a minute ago or earlier. */
  piece(value: number, number: number): Promise<Uint8Array | undefined>;
  delete(namespace: string, key: string): Promise<void>;
  list(namespace: string, page: KvPage): Promise<readonly KvListed[]>;
}
