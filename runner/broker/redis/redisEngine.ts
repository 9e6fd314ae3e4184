import { isUtf8 } from "node:buffer";
import { BINDING_FAULTS } from "../../bindings/faults.ts";
import type { RedisConfig } from "../../storesConfig.ts";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "../bindings/engine.ts";
import type { ReadSecret } from "../bindings/readSecret.ts";
import { wholeBody } from "../bindings/wholeBody.ts";
import { Client } from "./client.ts";
import { callOf } from "./redisCall.ts";
import { replyFault } from "./redisFault.ts";
import { RedisError, type Reply } from "./reply.ts";
import { REDIS_RULES, type RedisRules } from "./rules.ts";
import { redisServer } from "./settings.ts";

interface Bound {
  readonly client: Client;
  readonly prefix: string;
}

/** An answer as JSON: bytes that are no text as base64, what is wrong by its code. */
type Told = null | number | string | { readonly bytes: string } | { readonly failure: object } | readonly Told[];

/** Bindings of Redis servers. Credentials stay here, and each key has its prefix. */
export class RedisEngine implements BindingEngine {
  readonly #servers: ReadonlyMap<string, Bound>;
  readonly #rules: RedisRules;

  constructor(servers: readonly RedisConfig[], secret: ReadSecret, rules: RedisRules = REDIS_RULES) {
    this.#rules = rules;
    this.#servers = new Map(servers.map((config) => [config.name, bound(config, secret, rules)]));
  }

  async run(operation: Operation): Promise<OperationResult> {
    const { client, prefix } = this.#server(operation.name);
    const body = await wholeBody(operation, this.#rules.callBytes);
    operation.signal.throwIfAborted();
    const call = callOf(body, prefix, operation.operation === "write");
    const replies = await client.send(call);
    const [first] = replies;
    if (replies.length === 1 && first instanceof RedisError) throw replyFault(first, this.#rules);
    const answers = replies.map((reply, index) =>
      call.scans.has(index) ? toldOfScan(reply, prefix, this.#rules) : told(reply, this.#rules),
    );
    return { body: Buffer.from(JSON.stringify(answers)) };
  }

  close(): void {
    for (const { client } of this.#servers.values()) client.close();
  }

  /** @throws BindingFault */
  #server(name: string): Bound {
    const server = this.#servers.get(name);
    if (server !== undefined) return server;
    throw new BindingFault(
      "ERR_BINDING_UNAVAILABLE",
      `this node has no Redis server ${name}: add edge-fleet:redis.${name}`,
    );
  }
}

/** Its keys without the prefix. */
function toldOfScan(reply: Reply, prefix: string, rules: RedisRules): Told {
  if (!Array.isArray(reply)) return told(reply, rules);
  const [cursor = null, keys = []] = reply as [Reply, Reply[]];
  return [told(cursor, rules), keys.map((key) => told((key as Buffer).subarray(prefix.length), rules))];
}

function told(reply: Reply, rules: RedisRules): Told {
  if (reply === null || typeof reply === "number") return reply;
  if (reply instanceof RedisError) {
    const { failure } = replyFault(reply, rules);
    return { failure: { ...failure, remedy: BINDING_FAULTS[failure.code].remedy } };
  }
  if (Buffer.isBuffer(reply)) return isUtf8(reply) ? reply.toString() : { bytes: reply.toString("base64") };
  return (reply as readonly Reply[]).map((item) => told(item, rules));
}

function bound(config: RedisConfig, secret: ReadSecret, rules: RedisRules): Bound {
  const server = async () => {
    try {
      const [url, ca] = await Promise.all([secret(config.url), config.ca === null ? undefined : secret(config.ca)]);
      return redisServer(config, url, ca);
    } catch (error) {
      if (error instanceof BindingFault) throw error;
      const message = `the Redis server ${config.name} has no credentials on this node`;
      throw new BindingFault("ERR_BINDING_UNAVAILABLE", message, { cause: error });
    }
  };
  return { client: new Client({ name: config.name, rules, server }), prefix: config.prefix };
}
