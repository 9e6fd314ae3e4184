/** A value of SQLite. Bytes come as Uint8Array. */
export type SqlBoundValue = null | number | string | boolean | ArrayBuffer | ArrayBufferView;

export interface SqlMeta {
  /** From the call to its answer, ms. */
  readonly duration: number;
  /** Rows that were inserted, changed or deleted. */
  readonly changes: number;
  readonly last_row_id: number;
  readonly changed_db: boolean;
}

export interface SqlRows<Row = Readonly<Record<string, unknown>>> {
  readonly success: true;
  /** Rows as objects by their columns' names. */
  readonly results: readonly Row[];
  readonly meta: SqlMeta;
}

export interface SqlPreparedStatement {
  /** The same statement with these values for its parameters. @throws TypeError for what SQLite does not take */
  bind(...values: readonly SqlBoundValue[]): SqlPreparedStatement;
  /** The first row, or one column of it; null when there is none. */
  first<Value = unknown>(column: string): Promise<Value | null>;
  first<Row = Readonly<Record<string, unknown>>>(): Promise<Row | null>;
  all<Row = Readonly<Record<string, unknown>>>(): Promise<SqlRows<Row>>;
  /** As `all`. */
  run<Row = Readonly<Record<string, unknown>>>(): Promise<SqlRows<Row>>;
  /** Rows as lists; the names of the columns first with `columnNames`. Default: false. */
  raw<Row = readonly unknown[]>(options?: { readonly columnNames?: boolean }): Promise<Row[]>;
}

/** A SQLite database of the node, as Cloudflare's D1 has it. Methods that answer reject with a `BindingError`. */
export interface SqlDatabase {
  prepare(sql: string): SqlPreparedStatement;
  /** All statements in one transaction: all are done, or none. */
  batch(statements: Iterable<SqlPreparedStatement>): Promise<SqlRows[]>;
  /** Statements without parameters, separated by semicolons, each its own transaction. */
  exec(sql: string): Promise<{ readonly count: number; readonly duration: number }>;
}
