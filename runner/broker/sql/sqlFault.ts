import type { BindingFaultCode } from "../../bindings/faults.ts";
import { BindingFault } from "../bindings/engine.ts";

/** What node:sqlite adds to its errors. */
interface SqliteError extends Error {
  readonly code?: string;
  readonly errcode?: number;
}

/** An extended code has its primary code in its lowest byte. */
const PRIMARY = 0xff;
const [ERROR, FULL, AUTH] = [1, 13, 23];

/** By SQLite's primary code: what it is called, and what it is to a function. All others are the statement's own fault. */
const CODES: Readonly<Record<number, readonly [name: string, fault: BindingFaultCode, words: string]>> = {
  5: ["SQLITE_BUSY", "ERR_BINDING_OVERLOADED", "another process holds the database"],
  7: ["SQLITE_NOMEM", "ERR_BINDING_TOO_LARGE", "the statement needs more memory than it may have"],
  10: ["SQLITE_IOERR", "ERR_BINDING_UNAVAILABLE", "the node's disk could not be read or written"],
  11: ["SQLITE_CORRUPT", "ERR_BINDING_UNAVAILABLE", "the database's file is damaged"],
  13: ["SQLITE_FULL", "ERR_BINDING_FULL", "the database is as large as it may be"],
  14: ["SQLITE_CANTOPEN", "ERR_BINDING_UNAVAILABLE", "the database's file cannot be opened"],
  18: ["SQLITE_TOOBIG", "ERR_BINDING_TOO_LARGE", "a text, a blob or the statement is larger than it may be"],
  23: ["SQLITE_AUTH", "ERR_BINDING_REFUSED", "functions may not do this"],
  26: ["SQLITE_NOTADB", "ERR_BINDING_UNAVAILABLE", "the database's file is damaged"],
};
const OTHERS: Readonly<Record<number, string>> = {
  19: "SQLITE_CONSTRAINT",
  20: "SQLITE_MISMATCH",
  25: "SQLITE_RANGE",
};

/** Says in our words what SQLite threw. @param diskIsFull asked when something is full. */
export function sqlFault(error: unknown, diskIsFull: () => boolean): BindingFault {
  if (error instanceof BindingFault) return error;
  const { errcode, message } = error as SqliteError;
  if (errcode === undefined) return new BindingFault("ERR_BINDING_INVALID", message, { cause: error });
  const code = isDenied(errcode, message) ? AUTH : errcode & PRIMARY;
  const known = CODES[code];
  if (known === undefined) {
    return new BindingFault("ERR_BINDING_FAILED", message, { storeCode: OTHERS[code] ?? "SQLITE_ERROR", cause: error });
  }
  const [name, fault, words] = known;
  const what = code === FULL && diskIsFull() ? "the node's disk is full" : words;
  return new BindingFault(fault, `${what} (${message})`, { storeCode: name, cause: error });
}

/** Refused functions and attachments come as ordinary errors. */
function isDenied(errcode: number, message: string): boolean {
  return errcode === ERROR && /^(not authorized|too many attached databases|access to )/.test(message);
}
