import type { PostgresRows } from "../../broker/postgres/connection.ts";
import { bytesOf } from "../encoding.ts";
import { defineProperty, jsonStringify } from "../primordials.ts";
import { toBase64 } from "./base64.ts";
import { bindingCall } from "./bindingCall.ts";
import { jsonCall } from "./jsonCall.ts";
import { listText, readerOf } from "./postgresTypes.ts";

interface QueryOptions {
  /** `array`: rows are lists instead of objects. */
  readonly rowMode?: unknown;
  /** Numbers of types whose values stay as the server writes them. */
  readonly asText?: readonly number[];
}

interface TransactionOptions {
  readonly isolation?: unknown;
  readonly readOnly?: unknown;
}

interface QueryResult {
  readonly rows: unknown[];
  readonly rowCount: number | null;
  readonly command: string;
  /** The columns: name, and number of the type. */
  readonly fields: { name: string; type: number }[];
}

type Param = string | null | { readonly bytes: string };

/** A PostgreSQL database, through the node's pool of connections. */
export class PostgresDatabase {
  readonly #binding: string;

  constructor(binding: string) {
    this.#binding = binding;
  }

  /** One statement, its own transaction. `params` are for `$1`, `$2` … */
  query(text: unknown, params?: readonly unknown[], options?: QueryOptions): Promise<QueryResult> {
    return query({ binding: this.#binding, args: {} }, text, params, options);
  }

  /**
   * Runs `work` in a transaction: committed when it is done, rolled back when it throws, when its request ends and when it stands still.
   *
   * @returns what `work` returns.
   */
  async transaction(work: unknown, options: TransactionOptions = {}): Promise<unknown> {
    if (typeof work !== "function") throw new TypeError("A transaction takes a function");
    const binding = this.#binding;
    const { isolation, readOnly } = options ?? {};
    const { result } = await bindingCall({ binding, operation: "begin", args: { isolation, readOnly } });
    const args = { transaction: (result as { transaction: number }).transaction };
    let done: unknown;
    try {
      done = await work(new PostgresTransaction(binding, args));
    } catch (error) {
      try {
        await bindingCall({ binding, operation: "rollback", args });
      } catch {
        // It is rolled back all the same; what went wrong first is what is told.
      }
      throw error;
    }
    await bindingCall({ binding, operation: "commit", args });
    return done;
  }

  get [Symbol.toStringTag](): string {
    return "PostgresDatabase";
  }
}

/** What a transaction's function is given. */
class PostgresTransaction {
  readonly #place: Place;

  constructor(binding: string, args: object) {
    this.#place = { binding, args };
  }

  /** One statement of the transaction; those begun side by side follow each other. */
  query(text: unknown, params?: readonly unknown[], options?: QueryOptions): Promise<QueryResult> {
    return query(this.#place, text, params, options);
  }
}

interface Place {
  readonly binding: string;
  readonly args: object;
}

async function query(
  { binding, args }: Place,
  text: unknown,
  params: readonly unknown[] = [],
  { rowMode, asText = [] }: QueryOptions = {},
): Promise<QueryResult> {
  const given = { text: `${text}`, params: params.map(toHost) };
  const answer = (await jsonCall({ binding, operation: "query", args, given })) as PostgresRows;
  const readers = answer.fields.map(([, type]) => readerOf(type, asText));
  const rows = answer.rows.map((row) => {
    const values = row.map((value, index) => (value === null ? null : readers[index]?.(value)));
    return rowMode === "array" ? values : rowObject(answer.fields, values);
  });
  const fields = answer.fields.map(([name, type]) => ({ name, type }));
  return { rows, rowCount: answer.rowCount, command: answer.command, fields };
}

/** Of columns of the same name, the last one counts. */
function rowObject(fields: PostgresRows["fields"], values: readonly unknown[]): object {
  const object = {};
  for (let index = 0; index < fields.length; index++) {
    const value = values[index];
    const name = (fields[index] as readonly [string, number])[0];
    defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

function toHost(value: unknown): Param {
  const written = toText(value);
  return written === null || typeof written === "string" ? written : { bytes: toBase64(written) };
}

function toText(value: unknown): string | null | Uint8Array {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value !== "object") return String(value);
  if (value instanceof Date) return value.toISOString();
  const bytes = bytesOf(value);
  if (bytes !== undefined) return bytes;
  return Array.isArray(value) ? listText(value, toText) : jsonStringify(value);
}
