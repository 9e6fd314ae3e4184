import { exactBuffer } from "../bytes.ts";
import { bytesOf, utf8Text } from "../encoding.ts";
import { BodyHolder, type BodySource } from "../fetch/bodyHolder.ts";
import { drain } from "../fetch/extractBody.ts";
import { jsonParse, jsonStringify } from "../primordials.ts";
import { isReadableStream } from "../streams/streams.ts";
import { type BindingAnswer, bindingCall } from "./bindingCall.ts";

const TYPES = ["text", "json", "arrayBuffer", "stream"] as const;
type ValueType = (typeof TYPES)[number];

interface PutOptions {
  readonly expiration?: unknown;
  readonly expirationTtl?: unknown;
  readonly metadata?: unknown;
}

interface ListOptions {
  readonly prefix?: unknown;
  readonly limit?: unknown;
  readonly cursor?: unknown;
}

type ListedKey = readonly [name: string, expiration: number | null, metadata: string | null];

/** Keys and values, as Cloudflare's KV has them. */
export class KvNamespace {
  readonly #binding: string;

  constructor(binding: string) {
    this.#binding = binding;
  }

  async get(key: unknown, options?: unknown): Promise<unknown> {
    return (await this.#find(key, options)).value;
  }

  getWithMetadata(key: unknown, options?: unknown): Promise<{ value: unknown; metadata: unknown }> {
    return this.#find(key, options);
  }

  async put(key: unknown, value: unknown, options: PutOptions = {}): Promise<void> {
    const { expiration, expirationTtl, metadata } = options ?? {};
    const text = metadata === undefined || metadata === null ? undefined : jsonStringify(metadata);
    const args = { key: `${key}`, expiration, expirationTtl, metadata: text };
    await bindingCall({ binding: this.#binding, operation: "put", args, body: sourceOf(value) });
  }

  async delete(key: unknown): Promise<void> {
    await bindingCall({ binding: this.#binding, operation: "delete", args: { key: `${key}` } });
  }

  async list(options: ListOptions = {}): Promise<object> {
    const { prefix, limit, cursor } = options ?? {};
    const args = { prefix, limit, cursor };
    const { result, body } = await bindingCall({ binding: this.#binding, operation: "list", args });
    const keys = (jsonParse(utf8Text(await drain(body))) as ListedKey[]).map(([name, expiration, metadata]) => ({
      name,
      ...(expiration !== null && { expiration }),
      ...(metadata !== null && { metadata: jsonParse(metadata) as unknown }),
    }));
    const next = (result as { cursor: string | null }).cursor;
    return next === null ? { keys, list_complete: true } : { keys, list_complete: false, cursor: next };
  }

  get [Symbol.toStringTag](): string {
    return "KvNamespace";
  }

  async #find(key: unknown, options: unknown): Promise<{ value: unknown; metadata: unknown }> {
    const type = typeOf(options);
    const { result, body } = await bindingCall({ binding: this.#binding, operation: "get", args: { key: `${key}` } });
    if (result === null) return { value: null, metadata: null };
    const { metadata } = result as { metadata: string | null };
    return { value: await valueAs(body, type), metadata: metadata === null ? null : jsonParse(metadata) };
  }
}

function typeOf(options: unknown): ValueType {
  const given = typeof options === "object" && options !== null ? (options as { type?: unknown }).type : options;
  const type = (given ?? "text") as ValueType;
  for (let index = 0; index < TYPES.length; index++) if (TYPES[index] === type) return type;
  throw new TypeError(`The type of a value is text, json, arrayBuffer or stream, not ${String(given)}`);
}

async function valueAs(body: BindingAnswer["body"], type: ValueType): Promise<unknown> {
  if (type === "stream") return new BodyHolder(body).stream;
  const bytes = await drain(body);
  if (type === "arrayBuffer") return exactBuffer(bytes);
  return type === "json" ? jsonParse(utf8Text(bytes)) : utf8Text(bytes);
}

function sourceOf(value: unknown): BodySource {
  if (typeof value === "string") return value;
  if (isReadableStream(value)) return value;
  const bytes = bytesOf(value);
  // Copied: what a function changes later must not change the value.
  if (bytes !== undefined) return bytes.slice();
  throw new TypeError("A value is text, an ArrayBuffer, a view of one, or a ReadableStream");
}
