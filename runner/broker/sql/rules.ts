const MB = 1024 * 1024;

/** What SQLite databases of functions may take of a node. */
export const SQL_RULES = {
  /** Time that one statement, batch or script may run, ms. */
  runMs: 5_000,
  /** Time that it may wait for its database and a process, ms. */
  waitMs: 5_000,
  /** Rows and their names as JSON, of all statements of one call together, bytes. */
  resultBytes: 2 * MB,
  /** Largest text or blob, bytes. */
  valueBytes: 2_000_000,
  /** Statements and parameters of a call as JSON, bytes. */
  callBytes: 4 * MB,
  /** Longest statement, bytes. */
  textBytes: 100_000,
  /** Statements of a batch or a script. */
  statements: 1_000,
  /** Columns of a table or a result. */
  columns: 200,
  /** Largest database, bytes. */
  databaseBytes: 512 * MB,
  /** Resident size of a process above which it ends, with the statement that it runs, bytes. */
  processBytes: 320 * MB,
  /** Processes of a node; each runs one call at a time. */
  processes: 4,
  /** Calls of one function that run at once. */
  runningPerFunction: 2,
  /** Calls that wait, of one function. */
  waitingPerFunction: 64,
  /** After this time without work a process ends, ms. */
  idleMs: 60_000,
  /** Databases that a process keeps open. */
  openPerProcess: 32,
} as const;

export type SqlRules = { readonly [Rule in keyof typeof SQL_RULES]: number };
