import type { ReleaseError } from "../errors.ts";
import type { S3Objects } from "./objects.ts";

/** Why a replica's copy was not taken: not there yet, other bytes than its hash says, or no answer. */
export const REPLICA_MISSES = ["absent", "damaged", "away"] as const;
export type ReplicaMiss = (typeof REPLICA_MISSES)[number];

/** A replica that did not answer is not asked again for so long, ms. */
const REST_MS = 30_000;

/** Copies of the home bucket, nearest first. What they lack or have wrong is asked elsewhere: it is never an error. */
export class Replicas {
  readonly #replicas: readonly { readonly objects: S3Objects; notBefore: number }[];
  readonly #onMiss: (why: ReplicaMiss) => void;

  constructor(replicas: readonly S3Objects[], onMiss: (why: ReplicaMiss) => void) {
    this.#replicas = replicas.map((objects) => ({ objects, notBefore: 0 }));
    this.#onMiss = onMiss;
  }

  /** The first copy that is whole; null when no replica has one. */
  async get(key: string, maxBytes: number, isWhole: (bytes: Buffer) => boolean): Promise<Buffer | null> {
    for (const replica of this.#replicas) {
      if (performance.now() < replica.notBefore) continue;
      try {
        const found = await replica.objects.get(key, maxBytes);
        if (found !== null && isWhole(found.bytes)) return found.bytes;
        this.#onMiss(found === null ? "absent" : "damaged");
      } catch (error) {
        const isTooLarge = (error as ReleaseError).code === "ERR_RELEASE_SIZE";
        this.#onMiss(isTooLarge ? "damaged" : "away");
        if (!isTooLarge) replica.notBefore = performance.now() + REST_MS;
      }
    }
    return null;
  }
}
