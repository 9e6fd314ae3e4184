import { BindingFault } from "../bindings/engine.ts";
import { Connection } from "./connection.ts";
import type { RedisCall } from "./redisCall.ts";
import type { Reply } from "./reply.ts";
import type { RedisRules } from "./rules.ts";
import type { RedisServer } from "./settings.ts";

interface ClientParts {
  /** The server's name, for errors. */
  readonly name: string;
  readonly rules: RedisRules;
  /** Asked for each new connection: a password that was changed is met by the next one. */
  server(): Promise<RedisServer>;
}

/** The connection to one server: made when it is first needed, and anew when it was lost. */
export class Client {
  readonly #parts: ClientParts;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  #failed: { readonly fault: BindingFault; readonly atMs: number } | undefined;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** @throws BindingFault */
  async send(call: RedisCall): Promise<Reply[]> {
    const connection = this.#connection;
    if (connection !== undefined && !connection.isLost) return connection.send(call);
    return (await this.#open()).send(call);
  }

  close(): void {
    this.#connection?.close();
  }

  #open(): Promise<Connection> {
    const { rules } = this.#parts;
    const failed = this.#failed;
    if (failed !== undefined && performance.now() - failed.atMs < rules.retryMs) return Promise.reject(failed.fault);
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<Connection> {
    const { name, rules, server } = this.#parts;
    try {
      this.#connection = await Connection.open(name, await server(), rules);
      this.#failed = undefined;
      return this.#connection;
    } catch (error) {
      if (error instanceof BindingFault) this.#failed = { fault: error, atMs: performance.now() };
      throw error;
    }
  }
}
