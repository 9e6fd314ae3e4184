import { inParallel } from "../../inParallel.ts";
import { ACK_BYTES_MAX, NODE_NAME, validateAck } from "../ack.ts";
import { canonicalJson } from "../canonicalJson.ts";
import { CONTROL_BYTES_MAX } from "../controlLog.ts";
import { ReleaseError } from "../errors.ts";
import { MODULE_BYTES_MAX } from "../functionManifest.ts";
import { LEASE_BYTES_MAX, LEASE_NAME, type Lease, type TaggedLease, validateLease } from "../leases.ts";
import { CURRENT_BYTES_MAX, parseJson, RELEASE_BYTES_MAX, readPointer, sha256Hex } from "../manifest.ts";
import { matching } from "../shape.ts";
import {
  type ReleaseStore,
  STORED_FILES,
  type StoredKind,
  type StoredObject,
  type SwapResult,
  type TaggedCurrent,
} from "../store.ts";
import type { S3Place } from "../storeAddress.ts";
import type { Ack, ContentRef, Current } from "../types.ts";
import { type Condition, type FoundObject, HOME_PATIENCE, REPLICA_PATIENCE, S3Objects } from "./objects.ts";
import { type ReplicaMiss, Replicas } from "./replicas.ts";

/** Acks and leases read at once. */
const READS_AT_ONCE = 16;

/**
 * A release store in an S3 bucket, with the folder store's names for keys. Conditional writes make what a lock makes there. Whoever reads
 * immutable objects is given a replica's copy where that is whole; everything else is asked of home alone.
 */
export class S3Store implements ReleaseStore {
  readonly where: string;
  readonly #home: S3Objects;
  readonly #replicas: Replicas;
  /** What home said last, for the tag: an unchanged object is not sent again. */
  #current: FoundObject | null = null;
  readonly #acks = new Map<string, { readonly etag: string; readonly ack: Ack | null }>();

  constructor(home: S3Place, replicas: readonly S3Place[], onReplicaMiss: (why: ReplicaMiss) => void) {
    this.#home = new S3Objects(home, HOME_PATIENCE);
    this.where = this.#home.where;
    this.#replicas = new Replicas(
      replicas.map((place) => new S3Objects(place, REPLICA_PATIENCE)),
      onReplicaMiss,
    );
  }

  /** One GET, answered 304 while nothing has changed: a tag is of the content, so it says all. */
  async currentStamp(): Promise<string | null> {
    return (await this.#look())?.etag ?? null;
  }

  async readCurrent(): Promise<TaggedCurrent | null> {
    const found = await this.#look();
    if (found === null) return null;
    return { current: readPointer(found.bytes, `${this.where}current`), etag: found.etag };
  }

  async compareAndSwapCurrent(expectedEtag: string | null, next: Current): Promise<SwapResult> {
    const etag = await this.#home.put("current", Buffer.from(canonicalJson(next)), stillAs(expectedEtag));
    if (etag !== null) return { swapped: true, etag };
    return { swapped: false, winner: (await this.readCurrent())?.current ?? null };
  }

  newestRelease(): Promise<number> {
    return this.#newest("releases");
  }

  readRelease(release: number, sha256?: string): Promise<Buffer> {
    const isWhole = sha256 === undefined ? null : (bytes: Buffer) => sha256Hex(bytes) === sha256;
    return this.#immutable(`releases/${release}.json`, RELEASE_BYTES_MAX, isWhole);
  }

  async writeRelease(release: number, bytes: Uint8Array): Promise<boolean> {
    return (await this.#home.put(`releases/${release}.json`, bytes, { absent: true })) !== null;
  }

  /** By the SHA-256 that S3 checked when the module was written; what others wrote without one is read. */
  async hasModule(ref: ContentRef): Promise<boolean> {
    const found = await this.#home.head(moduleKey(ref));
    if (found === null || found.bytes !== ref.bytes) return false;
    if (found.sha256 !== null) return found.sha256 === base64(ref);
    const read = await this.#home.get(moduleKey(ref), ref.bytes);
    return read !== null && sha256Hex(read.bytes) === ref.sha256;
  }

  readModule(ref: ContentRef): Promise<Buffer> {
    return this.#immutable(moduleKey(ref), MODULE_BYTES_MAX, (bytes) => sha256Hex(bytes) === ref.sha256);
  }

  /** Without a condition: S3 checks that the bytes are what the key says, and whatever was there was the same or damaged. */
  async writeModule(ref: ContentRef, bytes: Uint8Array): Promise<void> {
    await this.#home.put(moduleKey(ref), bytes, null, base64(ref));
  }

  newestControl(): Promise<number> {
    return this.#newest("control");
  }

  async readControl(n: number): Promise<Buffer | null> {
    return (await this.#home.get(`control/${n}.json`, CONTROL_BYTES_MAX))?.bytes ?? null;
  }

  async writeControl(n: number, bytes: Uint8Array): Promise<boolean> {
    return (await this.#home.put(`control/${n}.json`, bytes, { absent: true })) !== null;
  }

  async listStored(kind: StoredKind): Promise<readonly StoredObject[]> {
    const listed = await this.#home.list(`${kind}/`);
    return listed.flatMap(({ key, ageMs }) => {
      const name = STORED_FILES[kind].exec(key.slice(kind.length + 1))?.[1];
      return name === undefined ? [] : [{ name, ageMs }];
    });
  }

  async removeStored(kind: StoredKind, name: string): Promise<void> {
    await this.#home.remove(`${kind}/${kind === "modules" ? name : `${name}.json`}`);
  }

  async writeAck(ack: Ack): Promise<void> {
    await this.#home.put(ackKey(ack.node), Buffer.from(canonicalJson(ack)), null);
  }

  async readAcks(): Promise<ReadonlyMap<string, Ack>> {
    const listed = await this.#home.list("acks/");
    const there = new Set(listed.map(({ key }) => key));
    for (const key of this.#acks.keys()) if (!there.has(key)) this.#acks.delete(key);
    const changed = listed.filter(({ key, etag }) => this.#acks.get(key)?.etag !== etag);
    await inParallel(changed, READS_AT_ONCE, async ({ key }) => {
      const found = await this.#home.get(key, ACK_BYTES_MAX).catch(absentWhenDamaged);
      if (found === null) this.#acks.delete(key);
      else this.#acks.set(key, { etag: found.etag, ack: readAck(key, found.bytes) });
    });
    const acks = [...this.#acks.values()].flatMap(({ ack }) => ack ?? []);
    return new Map(acks.map((ack) => [ack.node, ack]));
  }

  async removeAck(node: string): Promise<void> {
    await this.#home.remove(ackKey(node));
  }

  async readLease(name: string): Promise<TaggedLease | null> {
    const key = leaseKey(name);
    const found = await this.#home.get(key, LEASE_BYTES_MAX);
    return found && { lease: validateLease(parseJson(found.bytes, key)), etag: found.etag };
  }

  async compareAndSwapLease(name: string, expectedEtag: string | null, next: Lease): Promise<string | null> {
    return this.#home.put(leaseKey(name), Buffer.from(canonicalJson(next)), stillAs(expectedEtag));
  }

  async listLeases(): Promise<readonly string[]> {
    const listed = await this.#home.list("leases/");
    return listed
      .map(({ key }) => /^leases\/(.+)\.json$/.exec(key)?.[1] ?? "")
      .filter((name) => LEASE_NAME.regex.test(name));
  }

  async removeLease(name: string, expectedEtag: string): Promise<boolean> {
    return this.#home.remove(leaseKey(name), expectedEtag);
  }

  async #newest(kind: "releases" | "control"): Promise<number> {
    const numbers = (await this.listStored(kind)).map(({ name }) => Number(name)).filter(Number.isSafeInteger);
    return numbers.reduce((newest, number) => Math.max(newest, number), 0);
  }

  async #look(): Promise<FoundObject | null> {
    const found = await this.#home.get("current", CURRENT_BYTES_MAX, this.#current?.etag ?? null);
    if (found !== "unchanged") this.#current = found;
    return this.#current;
  }

  /** @param isWhole null: only home is believed. */
  async #immutable(key: string, maxBytes: number, isWhole: ((bytes: Buffer) => boolean) | null): Promise<Buffer> {
    const copy = isWhole && (await this.#replicas.get(key, maxBytes, isWhole));
    if (copy !== null) return copy;
    const found = await this.#home.get(key, maxBytes);
    if (found !== null) return found.bytes;
    throw new ReleaseError("ERR_RELEASE_MISSING", `${this.where}${key}`, "is not in the store; deploy again");
  }
}

function stillAs(etag: string | null): Condition {
  return etag === null ? { absent: true } : { etag };
}

function base64({ sha256 }: ContentRef): string {
  return Buffer.from(sha256, "hex").toString("base64");
}

function moduleKey({ sha256 }: ContentRef): string {
  return `modules/${sha256}`;
}

function ackKey(node: string): string {
  return `acks/${matching(node, "node", NODE_NAME)}.json`;
}

function leaseKey(name: string): string {
  return `leases/${matching(name, "lease", LEASE_NAME)}.json`;
}

/** A damaged ack counts as not given. */
function readAck(key: string, bytes: Buffer): Ack | null {
  try {
    const ack = validateAck(parseJson(bytes, key));
    return ackKey(ack.node) === key ? ack : null;
  } catch {
    return null;
  }
}

function absentWhenDamaged(error: ReleaseError): null {
  if (error.code === "ERR_RELEASE_SIZE") return null;
  throw error;
}
