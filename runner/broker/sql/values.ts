import type { SQLInputValue } from "node:sqlite";
import type { SqlValue } from "./messages.ts";

/** Whole numbers go in as INTEGER: a column of texts would have 1 as "1.0" otherwise. */
export function toSqlite(value: SqlValue): SQLInputValue {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value !== "object" || value === null) return value;
  return "bytes" in value ? Buffer.from(value.bytes, "base64") : Number(value.real);
}
