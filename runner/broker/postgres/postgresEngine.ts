import { Readable } from "node:stream";
import type { PostgresConfig } from "../../storesConfig.ts";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "../bindings/engine.ts";
import type { ReadSecret } from "../bindings/readSecret.ts";
import { jsonOf, wholeBody } from "../bindings/wholeBody.ts";
import type { Connection, PostgresRows } from "./connection.ts";
import { PostgresPool } from "./pool.ts";
import { beginOf, statementOf, transactionOf } from "./postgresCall.ts";
import { POSTGRES_RULES, type PostgresRules } from "./rules.ts";
import { postgresServer } from "./settings.ts";
import { Transaction } from "./transaction.ts";

interface Session {
  readonly transaction: Transaction;
  /** The body of what began it: open as long as somebody wants the transaction. */
  readonly open: Readable;
}

/** Bindings of PostgreSQL databases. Credentials stay here. */
export class PostgresEngine implements BindingEngine {
  readonly #pools: ReadonlyMap<string, PostgresPool>;
  readonly #rules: PostgresRules;
  /** By worker and version of a function, then by its number. */
  readonly #sessions = new Map<string, Session>();
  #lastTransaction = 0;

  constructor(databases: readonly PostgresConfig[], secret: ReadSecret, rules: PostgresRules = POSTGRES_RULES) {
    this.#rules = rules;
    this.#pools = new Map(databases.map((config) => [config.name, newPool(config, secret, rules)]));
  }

  run(operation: Operation): Promise<OperationResult> {
    switch (operation.operation) {
      case "query":
        return this.#query(operation);
      case "begin":
        return this.#begin(operation);
      case "commit":
        return this.#commit(operation);
      default:
        return this.#rollback(operation);
    }
  }

  /** Ends the connections that nobody has. */
  close(): void {
    for (const pool of this.#pools.values()) pool.close();
  }

  async #query(operation: Operation): Promise<OperationResult> {
    const statement = statementOf(jsonOf(await wholeBody(operation, this.#rules.callBytes)));
    if (transactionOf(operation.args) !== undefined)
      return body(await this.#open(operation).transaction.query(statement));
    return this.#withConnection(operation, async (connection) => {
      const rows = await connection.query(statement);
      if (!connection.isInTransaction) return body(rows);
      const message = "the statement begins a transaction: use transaction(); it was rolled back";
      throw new BindingFault("ERR_BINDING_REFUSED", message);
    });
  }

  async #withConnection<T>(operation: Operation, work: (connection: Connection) => Promise<T>): Promise<T> {
    const { function: owner, name, signal } = operation;
    const pool = this.#pool(name);
    const connection = await pool.take(owner, signal);
    const stop = () => connection.cut();
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      return await work(connection);
    } finally {
      signal.removeEventListener("abort", stop);
      // The answer does not wait for it.
      void pool.giveBack(owner, connection);
    }
  }

  /** The result has a body that stays open: when its request ends, however it does, it is destroyed, and with it the transaction. */
  async #begin(operation: Operation): Promise<OperationResult> {
    const { function: owner, name, signal, args } = operation;
    const text = beginOf(args);
    const pool = this.#pool(name);
    const connection = await pool.take(owner, signal);
    try {
      signal.throwIfAborted();
      await connection.query({ text, params: [] });
      signal.throwIfAborted();
    } catch (error) {
      void pool.giveBack(owner, connection);
      throw error;
    }
    const number = ++this.#lastTransaction;
    const place = placeOf(operation, number);
    const transaction = new Transaction(connection, this.#rules, () => void pool.giveBack(owner, connection));
    const open = new Readable({ read() {} });
    this.#sessions.set(place, { transaction, open });
    open.once("close", () => {
      this.#sessions.delete(place);
      transaction.abandon();
    });
    signal.addEventListener("abort", () => open.destroy(), { once: true });
    return { result: { transaction: number }, body: open };
  }

  async #commit(operation: Operation): Promise<OperationResult> {
    const { transaction, open } = this.#open(operation);
    try {
      await transaction.commit();
    } finally {
      open.push(null);
    }
    return {};
  }

  async #rollback(operation: Operation): Promise<OperationResult> {
    const { transaction, open } = this.#open(operation);
    transaction.abandon();
    open.push(null);
    return {};
  }

  /** @throws BindingFault */
  #open(operation: Operation): Session {
    const session = this.#sessions.get(placeOf(operation, transactionOf(operation.args) ?? 0));
    if (session === undefined) throw new BindingFault("ERR_BINDING_INVALID", "the transaction is over");
    return session;
  }

  /** @throws BindingFault */
  #pool(name: string): PostgresPool {
    const pool = this.#pools.get(name);
    if (pool !== undefined) return pool;
    throw new BindingFault(
      "ERR_BINDING_UNAVAILABLE",
      `this node has no database ${name}: add edge-fleet:postgres.${name}`,
    );
  }
}

function newPool(config: PostgresConfig, secret: ReadSecret, rules: PostgresRules): PostgresPool {
  const server = async () => {
    try {
      const [url, ca] = await Promise.all([secret(config.url), config.ca === null ? undefined : secret(config.ca)]);
      return postgresServer(config, url, ca);
    } catch (error) {
      if (error instanceof BindingFault) throw error;
      const message = `the database ${config.name} has no credentials on this node`;
      throw new BindingFault("ERR_BINDING_UNAVAILABLE", message, { cause: error });
    }
  };
  return new PostgresPool({ name: config.name, connections: config.connections, rules, server });
}

function placeOf({ owner, name }: Operation, number: number): string {
  return `${owner} ${name} ${number}`;
}

function body(rows: PostgresRows): OperationResult {
  return { body: Buffer.from(JSON.stringify(rows)) };
}
