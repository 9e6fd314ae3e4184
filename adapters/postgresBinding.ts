/** What `env` has for a binding `{ postgres: … }`, as far as adapters use it. */
export interface PostgresQueries {
  query(text: string, params?: readonly unknown[], options?: PostgresQueryOptions): Promise<PostgresResult>;
}

export interface PostgresBinding extends PostgresQueries {
  transaction<T>(work: (transaction: PostgresQueries) => Promise<T>, options?: PostgresTransactionOptions): Promise<T>;
}

export interface PostgresQueryOptions {
  /** `array`: rows are lists instead of objects. */
  readonly rowMode?: "array" | "object";
  /** Numbers of types whose values stay as the server writes them. */
  readonly asText?: readonly number[];
}

export interface PostgresTransactionOptions {
  readonly isolation?: "read committed" | "repeatable read" | "serializable" | undefined;
  readonly readOnly?: boolean | undefined;
}

export interface PostgresResult {
  /** Objects by the columns' names, or lists with `rowMode: "array"`. */
  readonly rows: unknown[];
  /** Null for statements that count none. */
  readonly rowCount: number | null;
  /** `SELECT`, `INSERT` … */
  readonly command: string;
  readonly fields: readonly { readonly name: string; readonly type: number }[];
}

/** The server has no weaker one: it reads `read uncommitted` as `read committed`. */
export function isolationOf(level: string | undefined): PostgresTransactionOptions["isolation"] {
  switch (level) {
    case undefined:
      return undefined;
    case "read uncommitted":
    case "read committed":
      return "read committed";
    case "repeatable read":
    case "serializable":
      return level;
    default:
      throw new Error(`PostgreSQL has no isolation level ${level}`);
  }
}
