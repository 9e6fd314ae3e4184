import { FolderStore } from "./folderStore.ts";
import type { ReplicaMiss } from "./s3/replicas.ts";
import type { ReleaseStore } from "./store.ts";
import { parseStoreAddress, StoreAddressError, s3Place } from "./storeAddress.ts";

interface StoreOptions {
  /** Addresses of buckets to which the home bucket's objects are copied, nearest first: they are asked before home. Default: none. */
  readonly replicas?: readonly string[];
  /** Told of each copy of a replica that was not taken. */
  readonly onReplicaMiss?: (why: ReplicaMiss) => void;
}

/**
 * The store at an address; nothing is asked of it yet.
 *
 * @param address `file:<folder>` or `s3://<bucket>/<prefix>?region=<region>`.
 * @throws StoreAddressError
 */
export async function openStore(
  address: string,
  { replicas = [], onReplicaMiss = () => {} }: StoreOptions = {},
): Promise<ReleaseStore> {
  const place = parseStoreAddress(address);
  if (place.kind === "folder") {
    if (replicas.length > 0) throw new StoreAddressError(`the store ${address} is a folder, which has no replicas`);
    return new FolderStore(place.path);
  }
  // Loaded here: what AWS's client takes of memory and time to start, only those who use it have.
  const { S3Store } = await import("./s3/s3Store.ts");
  return new S3Store(place, replicas.map(s3Place), onReplicaMiss);
}
