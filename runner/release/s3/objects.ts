import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { tooLarge } from "../manifest.ts";
import type { S3Place } from "../storeAddress.ts";
import { asStoreError, isAbsent, isLost, isPassing, isUnchanged } from "./faults.ts";

export interface FoundObject {
  readonly bytes: Buffer;
  readonly etag: string;
}

export interface ListedObject {
  /** The key without the store's prefix. */
  readonly key: string;
  readonly etag: string;
  /** Since it was last written, by the clock of S3. */
  readonly ageMs: number;
}

/** What must hold for a write: that there is nothing yet, or what a tag names. Null: nothing. */
export type Condition = { readonly absent: true } | { readonly etag: string } | null;

interface Patience {
  /** Of one attempt, ms: no connection, no answer, or none that goes on. */
  readonly attemptMs: number;
  readonly attempts: number;
}

/** An agent's loop waits for these: after all of them it goes on without. */
export const HOME_PATIENCE: Patience = { attemptMs: 4_000, attempts: 3 };
/** Whoever does not get it here asks home. */
export const REPLICA_PATIENCE: Patience = { attemptMs: 3_000, attempts: 1 };
const CONNECT_MS = 2_000;
const CONNECTIONS_MAX = 32;
/** Bytes that come or go slower than this are given up, bytes per ms. */
const SLOWEST_BYTES_PER_MS = 250;
const BACK_OFF = { firstMs: 100, mostMs: 2_000 };

/** Objects below a prefix of one bucket. Each call ends within its patience and throws ReleaseErrors that name the object. */
export class S3Objects {
  /** Address for messages: bucket and prefix. */
  readonly where: string;
  readonly #place: S3Place;
  readonly #client: S3Client;
  readonly #patience: Patience;

  constructor(place: S3Place, patience: Patience) {
    this.where = `s3://${place.bucket}/${place.prefix}`;
    this.#place = place;
    this.#patience = patience;
    this.#client = new S3Client({
      region: place.region,
      ...(place.endpoint !== null && { endpoint: place.endpoint, forcePathStyle: true }),
      // Attempts are counted here, for an answer that ends too early is none either.
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: CONNECT_MS,
        httpAgent: { keepAlive: true, maxSockets: CONNECTIONS_MAX },
        httpsAgent: { keepAlive: true, maxSockets: CONNECTIONS_MAX },
      },
    });
  }

  /** The object, never more of it than `maxBytes`; null when there is none, `unchanged` when it still is the one of `etag`. */
  get(key: string, maxBytes: number): Promise<FoundObject | null>;
  get(key: string, maxBytes: number, etag: string | null): Promise<FoundObject | null | "unchanged">;
  get(key: string, maxBytes: number, etag: string | null = null): Promise<FoundObject | null | "unchanged"> {
    return this.#call(key, async (common, deadline) => {
      const condition = etag === null ? {} : { IfNoneMatch: etag };
      try {
        const abortSignal = deadline.signal;
        const found = await this.#client.send(new GetObjectCommand({ ...common, ...condition }), { abortSignal });
        const { Body: body, ContentLength: length = 0 } = found;
        deadline.extend(Math.min(length, maxBytes));
        const bytes = await readAll(body as Readable, { where: this.#url(key), length, maxBytes, abortSignal });
        return { bytes, etag: tagOf(found) };
      } catch (error) {
        if (isAbsent(error)) return null;
        if (isUnchanged(error)) return "unchanged";
        throw error;
      }
    });
  }

  /** SHA-256 in base64 as S3 found it when the object was written (null: it was not asked to), size and tag; null for none. */
  head(key: string): Promise<{ sha256: string | null; bytes: number; etag: string } | null> {
    return this.#call(key, async (common, { signal: abortSignal }) => {
      try {
        const command = new HeadObjectCommand({ ...common, ChecksumMode: "ENABLED" });
        const found = await this.#client.send(command, { abortSignal });
        return { sha256: found.ChecksumSHA256 ?? null, bytes: found.ContentLength ?? 0, etag: tagOf(found) };
      } catch (error) {
        // A HEAD's answer has no words in which a missing bucket would differ; whoever writes then hears of it.
        if ((error as Error).name === "NotFound") return null;
        throw error;
      }
    });
  }

  /**
   * Writes the object while `condition` holds.
   *
   * @param sha256 of the bytes, in base64: S3 refuses others, and keeps it for `head`.
   * @returns the new tag; null when the condition did not hold.
   */
  async put(key: string, bytes: Uint8Array, condition: Condition, sha256?: string): Promise<string | null> {
    const when = condition && ("absent" in condition ? { IfNoneMatch: "*" } : { IfMatch: condition.etag });
    let attempts = 0;
    const etag = await this.#call(key, async (common, deadline) => {
      attempts++;
      deadline.extend(bytes.length);
      const checked = sha256 === undefined ? {} : { ChecksumSHA256: sha256 };
      const command = new PutObjectCommand({ ...common, ...when, ...checked, Body: bytes });
      try {
        return tagOf(await this.#client.send(command, { abortSignal: deadline.signal }));
      } catch (error) {
        if (condition !== null && isLost(error)) return null;
        throw error;
      }
    });
    if (etag !== null || attempts === 1) return etag;
    // An attempt before may have been the one that won, its answer lost on the way.
    const found = await this.get(key, bytes.length).catch((error) => {
      if (error.code === "ERR_RELEASE_SIZE") return null;
      throw error;
    });
    return found?.bytes.equals(bytes) ? found.etag : null;
  }

  /** Removes the object, where a tag is given only the one that it names. @returns whether it was that one. */
  remove(key: string, etag?: string): Promise<boolean> {
    return this.#call(key, async (common, { signal: abortSignal }) => {
      const condition = etag === undefined ? {} : { IfMatch: etag };
      try {
        await this.#client.send(new DeleteObjectCommand({ ...common, ...condition }), { abortSignal });
        return true;
      } catch (error) {
        if (isLost(error)) return false;
        throw error;
      }
    });
  }

  /** All objects whose key begins so, a thousand per request. */
  async list(start: string): Promise<readonly ListedObject[]> {
    const { bucket: Bucket, prefix } = this.#place;
    const listed: ListedObject[] = [];
    let token: string | undefined;
    do {
      const page = await this.#call(start, (_, { signal: abortSignal }) => {
        const command = { Bucket, Prefix: `${prefix}${start}`, ContinuationToken: token };
        return this.#client.send(new ListObjectsV2Command(command), { abortSignal });
      });
      // Of a machine whose clock is wrong the client knows by how much, once it has had an answer.
      const nowMs = Date.now() + this.#client.config.systemClockOffset;
      for (const { Key = "", ETag = "", LastModified } of page.Contents ?? []) {
        listed.push({ key: Key.slice(prefix.length), etag: ETag, ageMs: nowMs - (LastModified?.getTime() ?? nowMs) });
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return listed;
  }

  async #call<Result>(
    key: string,
    action: (common: { Bucket: string; Key: string }, deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    const { bucket: Bucket, prefix } = this.#place;
    const { attempts, attemptMs } = this.#patience;
    for (let attempt = 1; ; attempt++) {
      const deadline = new Deadline(attemptMs);
      try {
        return await action({ Bucket, Key: `${prefix}${key}` }, deadline);
      } catch (error) {
        if (attempt >= attempts || !isPassing(error)) throw asStoreError(error, this.#url(key));
        // Anything up to the whole time: those who were refused together do not come back together.
        await delay(Math.random() * Math.min(BACK_OFF.mostMs, BACK_OFF.firstMs * 2 ** attempt));
      } finally {
        deadline.clear();
      }
    }
  }

  #url(key: string): string {
    return `${this.where}${key}`;
  }
}

/** Ends an attempt that takes longer than its answer and the bytes of its body may. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #attemptMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(attemptMs: number) {
    this.#attemptMs = attemptMs;
    this.extend(0);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on there is the time of an attempt and that of so many bytes. */
  extend(bytes: number): void {
    clearTimeout(this.#timer);
    const ms = this.#attemptMs + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);
    const reason = () => new DOMException(`nothing whole within ${ms} ms`, "TimeoutError");
    this.#timer = setTimeout(() => this.#controller.abort(reason()), ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

async function readAll(
  body: Readable,
  {
    where,
    length,
    maxBytes,
    abortSignal,
  }: { where: string; length: number; maxBytes: number; abortSignal: AbortSignal },
): Promise<Buffer> {
  const stop = () => body.destroy(abortSignal.reason);
  abortSignal.addEventListener("abort", stop, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    if (length > maxBytes) throw tooLarge(where, length, maxBytes);
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) throw tooLarge(where, bytes, maxBytes);
      chunks.push(chunk as Buffer);
    }
  } finally {
    abortSignal.removeEventListener("abort", stop);
    body.destroy();
  }
  return Buffer.concat(chunks, bytes);
}

function tagOf({ ETag }: { readonly ETag?: string | undefined }): string {
  if (ETag === undefined) throw new Error("the answer has no ETag");
  return ETag;
}
