import { constants } from "node:sqlite";

const {
  SQLITE_OK,
  SQLITE_DENY,
  SQLITE_PRAGMA,
  SQLITE_FUNCTION,
  SQLITE_CREATE_VTABLE,
  SQLITE_TRANSACTION,
  SQLITE_SAVEPOINT,
  SQLITE_ATTACH,
  SQLITE_DETACH,
  SQLITE_CREATE_TEMP_INDEX,
  SQLITE_CREATE_TEMP_TABLE,
  SQLITE_CREATE_TEMP_TRIGGER,
  SQLITE_CREATE_TEMP_VIEW,
} = constants;

/** Those that tell of the schema, and two that change nothing for others: they end with the transaction, or are in the file. */
const PRAGMAS = new Set([
  // Full-text search asks for it.
  "data_version",
  "defer_foreign_keys",
  "foreign_key_check",
  "foreign_key_list",
  "index_info",
  "index_list",
  "index_xinfo",
  "optimize",
  "quick_check",
  "table_info",
  "table_list",
  "table_xinfo",
  "user_version",
]);
const MODULES = new Set(["fts5", "fts5vocab"]);
const FUNCTIONS_DENIED = new Set(["load_extension", "fts3_tokenizer"]);

/**
 * What would outlive a call (transactions, temporary tables, other pragmas: processes serve several functions) or leave the
 * database's file.
 */
const ACTIONS_DENIED: ReadonlySet<number> = new Set([
  SQLITE_TRANSACTION,
  SQLITE_SAVEPOINT,
  SQLITE_ATTACH,
  SQLITE_DETACH,
  SQLITE_CREATE_TEMP_INDEX,
  SQLITE_CREATE_TEMP_TABLE,
  SQLITE_CREATE_TEMP_TRIGGER,
  SQLITE_CREATE_TEMP_VIEW,
]);

/** Whether a function's statement may do what SQLite is about to compile. */
export function authorize(action: number, first: string | null, second: string | null): number {
  if (ACTIONS_DENIED.has(action)) return SQLITE_DENY;
  if (action === SQLITE_PRAGMA && !PRAGMAS.has(first ?? "")) return SQLITE_DENY;
  if (action === SQLITE_FUNCTION && FUNCTIONS_DENIED.has((second ?? "").toLowerCase())) return SQLITE_DENY;
  if (action === SQLITE_CREATE_VTABLE && !MODULES.has((second ?? "").toLowerCase())) return SQLITE_DENY;
  return SQLITE_OK;
}
