import type { BindingFailure } from "../../bindings/faults.ts";

/** A value of SQLite as JSON has it: bytes as base64, infinities by name. */
export type SqlValue =
  | null
  | number
  | string
  | { readonly bytes: string }
  | { readonly real: "Infinity" | "-Infinity" };

export interface SqlStatement {
  readonly sql: string;
  readonly params: readonly SqlValue[];
}

/**
 * What a call does: one statement; several in one transaction; or a text of several statements without parameters, each its own
 * transaction.
 */
export type SqlCall =
  | { readonly kind: "statement"; readonly statement: SqlStatement }
  | { readonly kind: "batch"; readonly statements: readonly SqlStatement[] }
  | { readonly kind: "script"; readonly text: string };

/** What a statement came to. */
export interface SqlResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Rows that were inserted, changed or deleted. */
  readonly changes: number;
  readonly lastRowId: number;
}

/** Told to the process. */
export interface SqlJob {
  /** Path of the database. */
  readonly file: string;
  readonly operation: string;
  /** What the function sent. */
  readonly body: Uint8Array;
}

/** Told by the process. */
export type FromSqlProcess =
  | { readonly type: "ready" }
  /** `json`: a list of {@link SqlResult}. */
  | { readonly type: "done"; readonly json: Buffer }
  | { readonly type: "failed"; readonly failure: BindingFailure };
