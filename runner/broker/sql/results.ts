import type { SQLOutputValue } from "node:sqlite";
import { BindingFault } from "../bindings/engine.ts";
import type { SqlResult, SqlValue } from "./messages.ts";

/** Gathers the rows of a call's statements as JSON, within a bound on the whole. */
export class Results {
  readonly #maxBytes: number;
  readonly #done: string[] = [];
  #columns: readonly string[] = [];
  #rows: string[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  begin(columns: readonly string[]): void {
    this.#columns = columns;
    this.#rows = [];
    for (const name of columns) this.#count(name);
  }

  /** @throws BindingFault */
  row(values: readonly SQLOutputValue[]): void {
    const json = JSON.stringify(values.map((value, index) => this.#toJson(value, index)));
    this.#count(json);
    this.#rows.push(json);
  }

  end(meta: Pick<SqlResult, "changes" | "lastRowId">): void {
    const head = JSON.stringify({ columns: this.#columns, ...meta });
    this.#done.push(`${head.slice(0, -1)},"rows":[${this.#rows.join(",")}]}`);
  }

  json(): string {
    return `[${this.#done.join(",")}]`;
  }

  #count(text: string): void {
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes <= this.#maxBytes) return;
    const remedy = "use LIMIT, or select fewer columns";
    throw new BindingFault("ERR_BINDING_TOO_LARGE", `the result is larger than ${this.#maxBytes} bytes: ${remedy}`);
  }

  #toJson(value: SQLOutputValue, index: number): SqlValue {
    if (typeof value === "bigint") {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return number;
      const column = this.#columns[index];
      const remedy = `select CAST(${column} AS TEXT)`;
      throw new BindingFault("ERR_BINDING_INVALID", `${value} in ${column} is beyond what a number holds: ${remedy}`);
    }
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("base64") };
    if (value === Infinity || value === -Infinity) return { real: value > 0 ? "Infinity" : "-Infinity" };
    return value;
  }
}
