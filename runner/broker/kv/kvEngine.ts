import { Readable } from "node:stream";
import { Args } from "../bindings/args.ts";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "../bindings/engine.ts";
import { INLINE_BYTES_MAX, type KvEntry, PIECE_BYTES } from "./kvDatabase.ts";
import type { KvStore } from "./kvStore.ts";

/** As Cloudflare's KV takes. */
const KEY_BYTES_MAX = 512;
const METADATA_BYTES_MAX = 1_024;
const VALUE_BYTES_MAX = 25 * 1024 * 1024;
const LIST_MAX = 1_000;
const TTL_SECONDS_MIN = 60;
const SECONDS_MAX = 253_402_300_799;
const CURSOR_BYTES_MAX = 1_024;

/** Keys and values of a namespace. */
export class KvEngine implements BindingEngine {
  readonly #store: KvStore;

  constructor(store: KvStore) {
    this.#store = store;
  }

  run(operation: Operation): Promise<OperationResult> {
    switch (operation.operation) {
      case "get":
        return this.#get(operation);
      case "put":
        return this.#put(operation);
      case "delete":
        return this.#delete(operation);
      default:
        return this.#list(operation);
    }
  }

  /** The result is null where there is no such key; else what is beside the value, which is the body. */
  async #get({ name, args, signal }: Operation): Promise<OperationResult> {
    const found = await this.#store.get(name, keyOf(new Args(args)));
    if (found === undefined) return {};
    const result = { metadata: found.metadata };
    if (found.value === null) return { result, body: Buffer.from(found.inline ?? []) };
    return { result, body: Readable.from(this.#pieces(found.value, found.size, signal), { objectMode: false }) };
  }

  async *#pieces(value: number, size: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let number = 0, sent = 0; sent < size; number++) {
      signal.throwIfAborted();
      const bytes = await this.#store.piece(value, number);
      if (bytes === undefined) {
        throw new BindingFault(
          "ERR_BINDING_FAILED",
          "the value was replaced more than a minute ago, while it was being read",
        );
      }
      sent += bytes.length;
      yield bytes;
    }
  }

  async #put({ name, args, body, bodyBytes, hold, signal }: Operation): Promise<OperationResult> {
    const given = new Args(args);
    const key = keyOf(given);
    const metadata = given.optionalText("metadata", { maxBytes: METADATA_BYTES_MAX }) ?? null;
    const expires = expiresOf(given);
    requireSize(bodyBytes ?? 0);
    if (!(body instanceof Readable) && body.length <= INLINE_BYTES_MAX) {
      await this.#store.put(name, key, { size: body.length, expires, metadata }, body);
    } else {
      // What is gathered of it, beside what is under way.
      hold(PIECE_BYTES);
      const pieces = body instanceof Readable ? body : Readable.from([body]);
      await this.#putPieces({ namespace: name, key, pieces, signal }, { expires, metadata });
    }
    return {};
  }

  async #putPieces(
    { namespace, key, pieces, signal }: { namespace: string; key: string; pieces: Readable; signal: AbortSignal },
    entry: Omit<KvEntry, "size">,
  ): Promise<void> {
    const value = await this.#store.beginValue(namespace);
    try {
      let size = 0;
      let number = 0;
      for await (const piece of inPieces(pieces)) {
        signal.throwIfAborted();
        requireSize(size + piece.length);
        await this.#store.addPiece(namespace, value, number++, piece);
        size += piece.length;
      }
      signal.throwIfAborted();
      await this.#store.endValue(namespace, key, { ...entry, size }, value);
    } catch (error) {
      await this.#store.dropValue(value).catch(() => {});
      throw error;
    }
  }

  async #delete({ name, args }: Operation): Promise<OperationResult> {
    await this.#store.delete(name, keyOf(new Args(args)));
    return {};
  }

  async #list({ name, args }: Operation): Promise<OperationResult> {
    const given = new Args(args);
    const prefix = given.optionalText("prefix", { maxBytes: KEY_BYTES_MAX }) ?? "";
    const limit = given.optionalInteger("limit", { min: 1, max: LIST_MAX }) ?? LIST_MAX;
    const cursor = given.optionalText("cursor", { maxBytes: CURSOR_BYTES_MAX }) ?? "";
    const after = Buffer.from(cursor, "base64url").toString("utf8");
    const found = await this.#store.list(name, { prefix, after, limit });
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    const keys = page.map(({ key, expires, metadata }) => [key, expires, metadata] as const);
    // As bytes: a page may have half a megabyte of names and one of metadata.
    const next = last === undefined ? null : Buffer.from(last.key).toString("base64url");
    return { result: { cursor: next }, body: Buffer.from(JSON.stringify(keys)) };
  }
}

function keyOf(given: Args): string {
  const key = given.text("key", { maxBytes: KEY_BYTES_MAX });
  if (key === "" || key === "." || key === "..") {
    throw new BindingFault("ERR_BINDING_INVALID", `key is ${JSON.stringify(key)}: a key is neither empty nor . nor ..`);
  }
  return key;
}

/** Second of the wall clock; null for never. */
function expiresOf(given: Args): number | null {
  const now = Math.floor(Date.now() / 1_000);
  const seconds = given.optionalInteger("expirationTtl", { min: TTL_SECONDS_MIN, max: SECONDS_MAX });
  if (seconds !== undefined) return Math.min(now + seconds, SECONDS_MAX);
  return given.optionalInteger("expiration", { min: now + TTL_SECONDS_MIN, max: SECONDS_MAX }) ?? null;
}

function requireSize(bytes: number): void {
  if (bytes <= VALUE_BYTES_MAX) return;
  throw new BindingFault(
    "ERR_BINDING_TOO_LARGE",
    `the value has ${bytes} bytes or more, the most is ${VALUE_BYTES_MAX}`,
  );
}

/** The stream's bytes in pieces of one size, the last one apart. */
async function* inPieces(stream: Readable): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    held.push(chunk);
    size += chunk.length;
    if (size < PIECE_BYTES) continue;
    const whole = Buffer.concat(held);
    let at = 0;
    for (; whole.length - at >= PIECE_BYTES; at += PIECE_BYTES) yield whole.subarray(at, at + PIECE_BYTES);
    held = [whole.subarray(at)];
    size = whole.length - at;
  }
  if (size > 0) yield Buffer.concat(held);
}
