import {
  createTableRelationsHelpers,
  DefaultLogger,
  type DrizzleConfig,
  extractTablesRelationalConfig,
  type Logger,
  type TablesRelationalConfig,
} from "drizzle-orm";
import { PgDialect, type PgTransactionConfig } from "drizzle-orm/pg-core";
import { PgProxyTransaction, PgRemoteDatabase, PgRemoteSession, type RemoteCallback } from "drizzle-orm/pg-proxy";
import { isolationOf, type PostgresBinding, type PostgresQueries } from "./postgresBinding.ts";

/** Dates, times, intervals and lists of them and of numerics: drizzle's columns read them themselves. */
const AS_TEXT = [1082, 1114, 1184, 1186, 1115, 1182, 1185, 1187, 1231];

interface Parts {
  readonly dialect: PgDialect;
  readonly schema: ConstructorParameters<typeof PgProxyTransaction>[2];
  readonly logger: Logger | undefined;
}

type AnySchema = Record<string, unknown>;

/**
 * drizzle on a binding `{ postgres: … }`: `const db = drizzle(env.PG, { schema })`, as `drizzle-orm/node-postgres` has it. Transactions are those of
 * the binding; nested ones are save points.
 */
export function drizzle<Schema extends AnySchema = Record<string, never>>(
  binding: PostgresBinding,
  config: Omit<DrizzleConfig<Schema>, "cache"> = {},
): PgRemoteDatabase<Schema> {
  const dialect = new PgDialect(config.casing === undefined ? {} : { casing: config.casing });
  const logger = config.logger === true ? new DefaultLogger() : config.logger || undefined;
  const schema = config.schema === undefined ? undefined : relational(config.schema);
  const session = new BindingSession(binding, binding, { dialect, schema, logger });
  return new PgRemoteDatabase(dialect, session, schema as never) as unknown as PgRemoteDatabase<Schema>;
}

/** Statements of a database, or of one transaction of it. */
class BindingSession extends PgRemoteSession<AnySchema, TablesRelationalConfig> {
  readonly #binding: PostgresBinding;
  readonly #parts: Parts;

  constructor(queries: PostgresQueries, binding: PostgresBinding, parts: Parts) {
    super(remote(queries), parts.dialect, parts.schema, parts.logger === undefined ? {} : { logger: parts.logger });
    this.#binding = binding;
    this.#parts = parts;
  }

  override transaction<T>(
    work: (transaction: PgProxyTransaction<AnySchema, TablesRelationalConfig>) => Promise<T>,
    { isolationLevel, accessMode }: PgTransactionConfig = {},
  ): Promise<T> {
    const options = { isolation: isolationOf(isolationLevel), readOnly: accessMode === "read only" };
    const { dialect, schema } = this.#parts;
    return this.#binding.transaction((transaction) => {
      const session = new BindingSession(transaction, this.#binding, this.#parts);
      return work(new SavePoints(transaction, dialect, session, schema));
    }, options);
  }
}

/** A transaction, or a save point in one. */
class SavePoints extends PgProxyTransaction<AnySchema, TablesRelationalConfig> {
  readonly #queries: PostgresQueries;
  readonly #own: readonly [PgDialect, BindingSession, Parts["schema"], number];

  constructor(
    queries: PostgresQueries,
    dialect: PgDialect,
    session: BindingSession,
    schema: Parts["schema"],
    depth = 0,
  ) {
    super(dialect, session, schema, depth);
    this.#queries = queries;
    this.#own = [dialect, session, schema, depth];
  }

  override async transaction<T>(
    work: (transaction: PgProxyTransaction<AnySchema, TablesRelationalConfig>) => Promise<T>,
  ): Promise<T> {
    const [dialect, session, schema, depth] = this.#own;
    const name = `sp${depth + 1}`;
    await this.#queries.query(`SAVEPOINT ${name}`);
    try {
      const result = await work(new SavePoints(this.#queries, dialect, session, schema, depth + 1));
      await this.#queries.query(`RELEASE SAVEPOINT ${name}`);
      return result;
    } catch (error) {
      await this.#queries.query(`ROLLBACK TO SAVEPOINT ${name}`);
      throw error;
    }
  }
}

function remote(queries: PostgresQueries): RemoteCallback {
  return async (text, params, method) => {
    const rowMode = method === "all" ? "array" : "object";
    const { rows } = await queries.query(text, params, { rowMode, asText: AS_TEXT });
    return { rows };
  };
}

function relational(fullSchema: AnySchema): NonNullable<Parts["schema"]> {
  const { tables, tableNamesMap } = extractTablesRelationalConfig(fullSchema, createTableRelationsHelpers);
  return { fullSchema, schema: tables, tableNamesMap };
}
