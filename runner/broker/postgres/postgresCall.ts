import { BindingFault } from "../bindings/engine.ts";
import type { PostgresParam, PostgresStatement } from "./connection.ts";
import { POSTGRES_RULES } from "./rules.ts";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const ISOLATION = new Set(["read committed", "repeatable read", "serializable"]);

/** Reads what a worker claims to be a statement. @throws BindingFault */
export function statementOf(given: unknown): PostgresStatement {
  const { text, params } = record(given);
  if (typeof text !== "string") throw invalid("a statement is a text");
  // The protocol ends texts with one: what follows it would be read as something else.
  if (text.includes("\0")) throw invalid("the text of a statement must not have a NUL character");
  if (!Array.isArray(params)) throw invalid("the parameters of a statement are a list");
  // The protocol counts them in 16 bits.
  if (params.length > POSTGRES_RULES.params) {
    const message = `a statement takes at most ${POSTGRES_RULES.params} parameters, not ${params.length}`;
    throw new BindingFault("ERR_BINDING_TOO_LARGE", message);
  }
  return { text, params: params.map(paramOf) };
}

/** The statement that begins a transaction. @throws BindingFault */
export function beginOf(given: unknown): string {
  const { isolation, readOnly } = record(given);
  if (isolation !== undefined && isolation !== null && !ISOLATION.has(isolation as string)) {
    throw invalid(`isolation is ${JSON.stringify(isolation)?.slice(0, 80)}, not one of ${[...ISOLATION].join(", ")}`);
  }
  return `BEGIN${isolation ? ` ISOLATION LEVEL ${isolation}` : ""}${readOnly === true ? " READ ONLY" : ""}`;
}

/** The number of a transaction; undefined when none is meant. @throws BindingFault */
export function transactionOf(given: unknown): number | undefined {
  const { transaction } = record(given);
  if (transaction === undefined || transaction === null) return undefined;
  if (typeof transaction !== "number") throw invalid("a transaction is named by its number");
  return transaction;
}

function paramOf(value: unknown, index: number): PostgresParam {
  if (value === null || typeof value === "string") return value;
  const { bytes } = record(value);
  if (typeof bytes === "string" && BASE64.test(bytes)) return Buffer.from(bytes, "base64");
  throw invalid(`parameter ${index + 1} is not null, a text or bytes`);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function invalid(message: string): BindingFault {
  return new BindingFault("ERR_BINDING_INVALID", message);
}
