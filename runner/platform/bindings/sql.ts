import type { SqlResult, SqlStatement, SqlValue } from "../../broker/sql/messages.ts";
import { performanceNow } from "../clock.ts";
import { bytesOf } from "../encoding.ts";
import { charCodeAt, defineProperty, sliceText, toLowerCase } from "../primordials.ts";
import { fromBase64, toBase64 } from "./base64.ts";
import { jsonCall } from "./jsonCall.ts";

/** What a statement came to, as Cloudflare's D1 has it. */
interface D1Result {
  readonly success: true;
  /** Rows as objects by their columns' names. */
  readonly results: Record<string, unknown>[];
  readonly meta: {
    /** From the call to its answer, ms. */
    readonly duration: number;
    readonly changes: number;
    readonly last_row_id: number;
    readonly changed_db: boolean;
  };
}

const SPACE = 0x20;
const SELECT = "select";

/** A SQLite database, as Cloudflare's D1 has it. */
export class SqlDatabase {
  readonly #binding: string;

  constructor(binding: string) {
    this.#binding = binding;
  }

  prepare(sql: unknown): SqlPreparedStatement {
    return new SqlPreparedStatement(this.#binding, { sql: `${sql}`, params: [] });
  }

  /** All statements in one transaction: all are done, or none. */
  async batch(statements: Iterable<unknown>): Promise<D1Result[]> {
    const given: SqlStatement[] = [];
    for (const statement of statements) given[given.length] = SqlPreparedStatement.read(statement);
    const began = performanceNow();
    const results = await answers(this.#binding, "batch", given);
    return results.map((result) => d1Result(result, began));
  }

  /** Statements without parameters, separated by semicolons, each its own transaction. */
  async exec(sql: unknown): Promise<{ count: number; duration: number }> {
    const began = performanceNow();
    const results = await answers(this.#binding, "exec", `${sql}`);
    return { count: results.length, duration: performanceNow() - began };
  }

  get [Symbol.toStringTag](): string {
    return "SqlDatabase";
  }
}

/** A statement, and the values of its parameters. */
class SqlPreparedStatement {
  readonly #binding: string;
  readonly #statement: SqlStatement;

  constructor(binding: string, statement: SqlStatement) {
    this.#binding = binding;
    this.#statement = statement;
  }

  static read(value: unknown): SqlStatement {
    if (typeof value === "object" && value !== null && #statement in value) return value.#statement;
    throw new TypeError("A batch takes statements that prepare() has made");
  }

  bind(...values: unknown[]): SqlPreparedStatement {
    const params: SqlValue[] = [];
    for (let index = 0; index < values.length; index++) params[index] = toHost(values[index], index);
    return new SqlPreparedStatement(this.#binding, { sql: this.#statement.sql, params });
  }

  /** The first row, or one column of it; null when there is none. */
  async first(column?: unknown): Promise<unknown> {
    const { columns, rows } = await this.#run();
    const [row] = rows;
    if (row === undefined) return null;
    if (column === undefined || column === null) return rowObject(columns, row);
    const at = columns.lastIndexOf(`${column}`);
    if (at === -1) throw new TypeError(`The result has no column ${column}: it has ${columns.join(", ")}`);
    return fromHost(row[at] as SqlValue);
  }

  async all(): Promise<D1Result> {
    const began = performanceNow();
    return d1Result(await this.#run(), began);
  }

  run(): Promise<D1Result> {
    return this.all();
  }

  /** Rows as lists; the names of the columns first when `columnNames` is set. */
  async raw(options?: { readonly columnNames?: unknown }): Promise<unknown[][]> {
    const { columns, rows } = await this.#run();
    const lists: unknown[][] = rows.map((row) => row.map(fromHost));
    return options?.columnNames ? [[...columns], ...lists] : lists;
  }

  async #run(): Promise<SqlResult> {
    const operation = isSelect(this.#statement.sql) ? "select" : "run";
    const [result] = await answers(this.#binding, operation, this.#statement);
    return result as SqlResult;
  }
}

async function answers(binding: string, operation: string, given: unknown): Promise<readonly SqlResult[]> {
  return (await jsonCall({ binding, operation, given })) as readonly SqlResult[];
}

/** SQLite changes nothing by it: its request may be run again. */
function isSelect(sql: string): boolean {
  let start = 0;
  while (charCodeAt(sql, start) <= SPACE) start++;
  if (toLowerCase(sliceText(sql, start, start + SELECT.length)) !== SELECT) return false;
  const next = charCodeAt(sql, start + SELECT.length);
  return next <= SPACE;
}

function d1Result({ columns, rows, changes, lastRowId }: SqlResult, began: number): D1Result {
  const meta = { duration: performanceNow() - began, changes, last_row_id: lastRowId, changed_db: changes > 0 };
  return { success: true, meta, results: rows.map((row) => rowObject(columns, row)) };
}

/** Of columns of the same name, the last one counts. */
function rowObject(columns: readonly string[], row: readonly SqlValue[]): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (let index = 0; index < columns.length; index++) {
    const value = fromHost(row[index] as SqlValue);
    defineProperty(object, columns[index] as string, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

function fromHost(value: SqlValue): unknown {
  if (typeof value !== "object" || value === null) return value;
  return "bytes" in value ? fromBase64(value.bytes) : Number(value.real);
}

function toHost(value: unknown, index: number): SqlValue {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "number") {
    if (value === Infinity || value === -Infinity) return { real: value > 0 ? "Infinity" : "-Infinity" };
    return value;
  }
  const bytes = bytesOf(value);
  if (bytes !== undefined) return { bytes: toBase64(bytes) };
  const what = value === undefined ? "undefined: bind null instead" : `a ${typeof value}`;
  throw new TypeError(`Parameter ${index + 1} is ${what}; SQLite takes null, numbers, text, booleans and bytes`);
}
