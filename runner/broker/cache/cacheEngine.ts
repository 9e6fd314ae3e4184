import { Readable } from "node:stream";
import type { HeaderList } from "../../protocol/messages.ts";
import { Args } from "../bindings/args.ts";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "../bindings/engine.ts";
import { type CachedAnswer, CacheStore } from "./cacheStore.ts";
import { accepts, freshnessOf, isNotModified, keptHeaders, variantOf, varyOf } from "./storable.ts";

/** Largest body of one answer, bytes. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;
const URL_BYTES_MAX = 16 * 1024;
const NAME_BYTES_MAX = 128;
const HEADER_BYTES_MAX = 64 * 1024;
/** Bodies above this go out in parts. */
const WHOLE_BYTES = 64 * 1024;
const PART_BYTES = 64 * 1024;
/** Headers that a 304 repeats (RFC 9110, 15.4.5). */
const NOT_MODIFIED_HEADERS = new Set([
  "cache-control",
  "content-location",
  "date",
  "etag",
  "expires",
  "last-modified",
  "vary",
]);

interface Asked {
  /** Cache and URL. */
  readonly place: string;
  readonly url: string;
  readonly headers: HeaderList;
}

/** The answers that functions have put into their caches, in memory: a cache may forget, and what it had can be made again. */
export class CacheEngine implements BindingEngine {
  readonly #store: CacheStore;
  readonly #nowMs: () => number;
  readonly #wallMs: () => number;

  constructor(bytesMax: number, nowMs = () => performance.now(), wallMs = () => Date.now()) {
    this.#store = new CacheStore(bytesMax);
    this.#nowMs = nowMs;
    this.#wallMs = wallMs;
  }

  async run(operation: Operation): Promise<OperationResult> {
    const asked = askedFor(operation);
    switch (operation.operation) {
      case "put":
        return this.#put(operation, asked);
      case "delete":
        return { result: this.#store.delete(operation.name, asked.place) };
      default:
        return this.#match(operation, asked);
    }
  }

  #match({ name, signal }: Operation, { place, headers }: Asked): OperationResult {
    const spot = { owner: name, place, variant: variantOf(this.#store.varyOf(name, place), headers) };
    const found = this.#store.get(spot);
    if (found === undefined) return {};
    const ageNow = found.freshness.age + (this.#nowMs() - found.storedMs) / 1_000;
    if (!accepts(headers, found.freshness, ageNow)) return {};
    const aged: HeaderList = [...found.head.headers, ["age", `${Math.floor(ageNow)}`]];
    if (isNotModified(headers, found.head)) {
      const kept = aged.filter(([header]) => header === "age" || NOT_MODIFIED_HEADERS.has(header.toLowerCase()));
      return { result: { status: 304, headers: kept } };
    }
    const result = { status: found.head.status, headers: aged };
    if (found.body.length <= WHOLE_BYTES) return { result, body: found.body };
    const body = Readable.from(inParts(found.body), { objectMode: false });
    body.once("close", this.#store.lend(spot));
    signal.addEventListener("abort", () => body.destroy(), { once: true });
    return { result, body };
  }

  async #put({ name, args, body, bodyBytes }: Operation, { place, url, headers }: Asked): Promise<OperationResult> {
    const given = new Args(args);
    const status = given.optionalInteger("status", { min: 200, max: 599 }) ?? 200;
    const head = { status, headers: given.headers("responseHeaders", { maxBytes: HEADER_BYTES_MAX }) };
    requireSize(bodyBytes ?? 0);
    const freshness = freshnessOf({ url, headers }, head, this.#wallMs());
    if (freshness === undefined) {
      if (body instanceof Readable) body.destroy();
      return { result: false };
    }
    const vary = varyOf(head.headers);
    const spot = { owner: name, place, variant: variantOf(vary, headers) };
    let reserved = 0;
    try {
      const parts: Buffer[] = [];
      for await (const part of body instanceof Readable ? body : [body]) {
        requireSize(reserved + part.length);
        if (!this.#store.reserve(name, part.length)) return { result: false };
        reserved += part.length;
        parts.push(part);
      }
      const kept = { status, headers: keptHeaders(head.headers) };
      const answer: CachedAnswer = { head: kept, body: Buffer.concat(parts), freshness, storedMs: this.#nowMs() };
      const isStored = this.#store.put(spot, vary, answer, reserved);
      reserved = 0;
      return { result: isStored };
    } finally {
      this.#store.release(name, reserved);
    }
  }
}

function askedFor({ args }: Operation): Asked {
  const given = new Args(args);
  const cache = given.optionalText("cache", { maxBytes: NAME_BYTES_MAX }) ?? "";
  const url = given.text("url", { maxBytes: URL_BYTES_MAX });
  return { place: `${cache}\n${url}`, url, headers: given.headers("headers", { maxBytes: HEADER_BYTES_MAX }) };
}

function requireSize(bytes: number): void {
  if (bytes <= BODY_BYTES_MAX) return;
  throw new BindingFault("ERR_BINDING_TOO_LARGE", `the body has ${bytes} bytes or more, the most is ${BODY_BYTES_MAX}`);
}

function* inParts(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += PART_BYTES) yield body.subarray(at, at + PART_BYTES);
}
