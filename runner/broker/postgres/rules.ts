const MB = 1024 * 1024;

/** What functions may take of a PostgreSQL database, on each node. */
export const POSTGRES_RULES = {
  /** Time that a statement may run, ms; the server is told. */
  statementMs: 10_000,
  /** Time beyond it that the broker leaves to the server before it cuts the connection, ms. */
  graceMs: 1_000,
  /** Time that a transaction may stay open, ms. */
  transactionMs: 30_000,
  /** Time between two statements of a transaction, ms. */
  idleInTransactionMs: 5_000,
  /** Time that a call may wait for a connection, ms. */
  waitMs: 5_000,
  /** Calls of one function that wait for a connection. */
  waitingPerFunction: 64,
  /** What the server may send for one statement, bytes. */
  resultBytes: 2 * MB,
  /** A statement with its parameters as JSON, bytes. */
  callBytes: 4 * MB,
  /** Parameters of a statement. */
  params: 32_767,
  /** Time for a connection to be made, TLS and log-in included, ms. */
  connectMs: 5_000,
  /** After this time without work a connection ends, ms. */
  idleMs: 30_000,
  /** Age at which a connection ends when it is not used, ms: what has changed at the server is met anew. */
  ageMs: 30 * 60_000,
} as const;

export type PostgresRules = { readonly [Rule in keyof typeof POSTGRES_RULES]: number };
