import { BindingFault } from "../bindings/engine.ts";
import type { SqlCall, SqlStatement, SqlValue } from "./messages.ts";
import { SQL_RULES } from "./rules.ts";

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What cannot change anything in SQLite. */
const SELECT = /^\s*select\b/i;

/** Reads what a worker claims to be a call. @throws BindingFault */
export function sqlCall(operation: string, given: unknown): SqlCall {
  if (operation === "exec") return { kind: "script", text: textOf(given) };
  if (operation === "batch") return { kind: "batch", statements: statementsOf(given) };
  const statement = statementOf(given);
  // It may be repeated when its worker is lost.
  if (operation === "select" && !SELECT.test(statement.sql)) throw invalid("the statement is not a SELECT");
  return { kind: "statement", statement };
}

function statementsOf(given: unknown): SqlStatement[] {
  if (!Array.isArray(given)) throw invalid("a batch is a list of statements");
  if (given.length <= SQL_RULES.statements) return given.map(statementOf);
  const message = `a batch takes at most ${SQL_RULES.statements} statements, not ${given.length}`;
  throw new BindingFault("ERR_BINDING_TOO_LARGE", message);
}

function statementOf(value: unknown): SqlStatement {
  const params = field(value, "params");
  if (!Array.isArray(params)) throw invalid("the parameters of a statement are a list");
  return { sql: textOf(field(value, "sql")), params: params.map(paramOf) };
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw invalid("a statement is a text");
  const bytes = Buffer.byteLength(value);
  if (bytes <= SQL_RULES.textBytes) return value;
  const message = `the statement has ${bytes} bytes, the most is ${SQL_RULES.textBytes}: bind values instead of writing them into it`;
  throw new BindingFault("ERR_BINDING_TOO_LARGE", message);
}

function paramOf(value: unknown, index: number): SqlValue {
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  const bytes = field(value, "bytes");
  if (typeof bytes === "string" && BASE64.test(bytes)) return { bytes };
  const real = field(value, "real");
  if (real === "Infinity" || real === "-Infinity") return { real };
  throw invalid(`parameter ${index + 1} is not null, a number, a text or bytes`);
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function invalid(message: string): BindingFault {
  return new BindingFault("ERR_BINDING_INVALID", message);
}
