import type { BindingFailure } from "../../bindings/faults.ts";
import { REDIS_COMMANDS } from "../../bindings/redisCommands.ts";
import { bytesOf, utf8Text } from "../encoding.ts";
import { toUpperCase } from "../primordials.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { BindingError } from "./bindingError.ts";
import { jsonCall } from "./jsonCall.ts";

/** An answer: text that is no UTF-8 comes as bytes. */
type Reply = null | number | string | Uint8Array | Reply[];
type Told =
  | null
  | number
  | string
  | { readonly bytes: string }
  | { readonly failure: BindingFailure & { readonly remedy: string } }
  | Told[];

interface SetOptions {
  /** Seconds until it is forgotten. */
  readonly ttl?: unknown;
  /** Only when there is none yet. */
  readonly ifAbsent?: unknown;
}

/** Keys of a Redis server, through the node's connection; each gets its prefix there. */
export class RedisClient {
  readonly #binding: string;

  constructor(binding: string) {
    this.#binding = binding;
  }

  /** @returns null when there is none; what is no UTF-8 has U+FFFD in its place. */
  async get(key: unknown): Promise<string | null> {
    const value = await this.command("GET", key);
    return value instanceof Uint8Array ? utf8Text(value) : (value as string | null);
  }

  /** @returns whether it was set: false only with `ifAbsent`. */
  async set(key: unknown, value: unknown, options: SetOptions = {}): Promise<boolean> {
    const { ttl, ifAbsent } = options ?? {};
    const args = [key, value];
    if (ttl !== undefined) args.push("EX", ttl);
    if (ifAbsent) args.push("NX");
    return (await this.command("SET", ...args)) !== null;
  }

  /** @returns how many there were. */
  async delete(...keys: unknown[]): Promise<number> {
    return keys.length === 0 ? 0 : ((await this.command("DEL", ...keys)) as number);
  }

  /** @returns what it is afterwards. */
  async increment(key: unknown, by: unknown = 1): Promise<number> {
    return (await this.command("INCRBY", key, by)) as number;
  }

  /** Has it forgotten after so many seconds. @returns whether there is one. */
  async expire(key: unknown, seconds: unknown): Promise<boolean> {
    return (await this.command("EXPIRE", key, seconds)) === 1;
  }

  /** Any command that functions may use. @throws BindingError */
  async command(name: unknown, ...args: unknown[]): Promise<Reply> {
    const [reply] = await this.#send([[name, ...args]]);
    if (reply instanceof BindingError) throw reply;
    return reply as Reply;
  }

  /** Several commands, sent together; the error of one is its place in the answers. */
  pipeline(commands: Iterable<readonly unknown[]>): Promise<(Reply | BindingError)[]> {
    return this.#send(commands);
  }

  get [Symbol.toStringTag](): string {
    return "RedisClient";
  }

  async #send(commands: Iterable<readonly unknown[]>): Promise<(Reply | BindingError)[]> {
    const given: unknown[][] = [];
    let operation = "read";
    for (const [name, ...args] of commands) {
      const command = toUpperCase(`${name}`);
      if (REDIS_COMMANDS.get(command)?.writes) operation = "write";
      given.push([command, ...args.map(toHost)]);
    }
    if (given.length === 0) return [];
    const told = (await jsonCall({ binding: this.#binding, operation, given })) as Told[];
    return told.map((reply) => fromHost(reply, `${this.#binding}.${operation}`));
  }
}

function toHost(value: unknown, index: number): string | number | { bytes: string } {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint") return `${value}`;
  const bytes = bytesOf(value);
  if (bytes !== undefined) return { bytes: toBase64(bytes) };
  throw new TypeError(
    `Argument ${index + 1} is ${value === null ? "null" : `a ${typeof value}`}; Redis takes text, numbers and bytes`,
  );
}

function fromHost(reply: Told, where: string): Reply | BindingError {
  if (typeof reply !== "object" || reply === null) return reply;
  if (Array.isArray(reply)) return reply.map((item) => fromHost(item, where) as Reply);
  if ("bytes" in reply) return fromBase64(reply.bytes);
  return new BindingError(where, reply.failure);
}
