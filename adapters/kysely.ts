import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import { isolationOf, type PostgresBinding, type PostgresQueries } from "./postgresBinding.ts";

/** kysely on a binding `{ postgres: … }`: `new Kysely<Tables>({ dialect: new PostgresBindingDialect(env.PG) })`. */
export class PostgresBindingDialect implements Dialect {
  readonly #binding: PostgresBinding;

  constructor(binding: PostgresBinding) {
    this.#binding = binding;
  }

  createAdapter(): PostgresAdapter {
    return new PostgresAdapter();
  }

  createDriver(): Driver {
    return new BindingDriver(this.#binding);
  }

  createIntrospector(db: Kysely<unknown>): PostgresIntrospector {
    return new PostgresIntrospector(db);
  }

  createQueryCompiler(): PostgresQueryCompiler {
    return new PostgresQueryCompiler();
  }
}

/** Each connection of kysely's is the binding itself; one in a transaction has that of the binding. */
class BindingDriver implements Driver {
  readonly #binding: PostgresBinding;

  constructor(binding: PostgresBinding) {
    this.#binding = binding;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<BindingConnection> {
    return new BindingConnection(this.#binding);
  }

  async beginTransaction(connection: BindingConnection, settings: TransactionSettings): Promise<void> {
    await connection.begin(settings);
  }

  async commitTransaction(connection: BindingConnection): Promise<void> {
    await connection.end(true);
  }

  async rollbackTransaction(connection: BindingConnection): Promise<void> {
    await connection.end(false);
  }

  async savepoint(connection: BindingConnection, name: string): Promise<void> {
    await connection.run(`SAVEPOINT ${quoted(name)}`);
  }

  async rollbackToSavepoint(connection: BindingConnection, name: string): Promise<void> {
    await connection.run(`ROLLBACK TO SAVEPOINT ${quoted(name)}`);
  }

  async releaseSavepoint(connection: BindingConnection, name: string): Promise<void> {
    await connection.run(`RELEASE SAVEPOINT ${quoted(name)}`);
  }

  /** A transaction that nobody has ended is nobody's. */
  async releaseConnection(connection: BindingConnection): Promise<void> {
    await connection.end(false);
  }

  async destroy(): Promise<void> {}
}

interface OpenTransaction {
  readonly queries: PostgresQueries;
  /** Lets the function of the binding's transaction go. */
  end(isGood: boolean): void;
  /** Settles when the binding has ended it. */
  readonly ended: Promise<unknown>;
}

class BindingConnection implements DatabaseConnection {
  readonly #binding: PostgresBinding;
  #transaction: OpenTransaction | undefined;

  constructor(binding: PostgresBinding) {
    this.#binding = binding;
  }

  begin({ isolationLevel, accessMode }: TransactionSettings): Promise<void> {
    const options = { isolation: isolationOf(isolationLevel), readOnly: accessMode === "read only" };
    return new Promise((resolve, reject) => {
      const ended = this.#binding.transaction(
        (queries) =>
          new Promise<void>((commit, rollback) => {
            const end = (isGood: boolean) => (isGood ? commit() : rollback(ROLLED_BACK));
            this.#transaction = { queries, end, ended };
            resolve();
          }),
        options,
      );
      // Also when nobody waits for its end any more.
      ended.catch(reject);
    });
  }

  /** Does nothing outside of a transaction. */
  async end(isGood: boolean): Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined) return;
    this.#transaction = undefined;
    transaction.end(isGood);
    try {
      await transaction.ended;
    } catch (error) {
      if (error !== ROLLED_BACK) throw error;
    }
  }

  async run(text: string): Promise<void> {
    await this.#queries.query(text);
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount, command } = await this.#queries.query(sql, parameters);
    const counts = ["INSERT", "UPDATE", "DELETE", "MERGE"].includes(command);
    return { rows: rows as R[], ...(counts && { numAffectedRows: BigInt(rowCount ?? 0) }) };
  }

  /** A result has its bound: there is nothing to stream. */
  // biome-ignore lint/correctness/useYield: it only throws
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error("results do not stream from a binding: use limit()");
  }

  get #queries(): PostgresQueries {
    return this.#transaction?.queries ?? this.#binding;
  }
}

const ROLLED_BACK = new Error("the transaction is rolled back");

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
