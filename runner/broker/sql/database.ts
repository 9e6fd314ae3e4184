import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { constants, DatabaseSync, type StatementSync as NodeStatement, type SQLOutputValue } from "node:sqlite";
import { BindingFault } from "../bindings/engine.ts";
import { authorize } from "./authorizer.ts";
import type { SqlCall, SqlStatement, SqlValue } from "./messages.ts";
import { Results } from "./results.ts";
import type { SqlRules } from "./rules.ts";
import { sqlFault } from "./sqlFault.ts";
import { toSqlite } from "./values.ts";

const PAGE_BYTES = 4096;
/** A disk with less room than this is full: SQLite says the same of both. */
const DISK_FULL_BYTES = 1024 * 1024;
const NO_STATEMENT = "contains no statements";

/** The types do not know `close` yet. */
type StatementSync = NodeStatement & { close(): void };

interface Counts {
  readonly total: bigint;
  readonly lastRowId: bigint;
}

/** One open database. Everything it does is done while its caller waits. */
export class Database {
  readonly #file: string;
  readonly #rules: SqlRules;
  readonly #db: DatabaseSync;
  readonly #countsStatement: NodeStatement;
  /** Our own statements are not judged. */
  #isOurs = true;

  /** @throws BindingFault */
  constructor(file: string, rules: SqlRules) {
    this.#file = file;
    this.#rules = rules;
    try {
      this.#db = new DatabaseSync(file, {
        defensive: true,
        limits: {
          attach: 0,
          length: rules.valueBytes,
          sqlLength: rules.textBytes,
          column: rules.columns,
          triggerDepth: 10,
        },
      });
      // Sorting and uncommitted pages stay in memory, which is bounded, and not on the disk, which is everybody's.
      this.#db.exec(`
        PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 16777216;
        PRAGMA max_page_count = ${Math.floor(rules.databaseBytes / PAGE_BYTES)};
        PRAGMA temp_store = MEMORY; PRAGMA cache_spill = OFF; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 2000;
      `);
    } catch (error) {
      throw sqlFault(error, () => this.#diskIsFull());
    }
    this.#countsStatement = this.#db.prepare("SELECT total_changes() AS total, last_insert_rowid() AS lastRowId", {
      readBigInts: true,
    });
    this.#db.setAuthorizer((action, first, second) =>
      this.#isOurs ? constants.SQLITE_OK : authorize(action, first, second),
    );
  }

  close(): void {
    this.#db.close();
  }

  /** @returns a JSON list of results. @throws BindingFault; a batch has then changed nothing. */
  run(call: SqlCall): string {
    const results = new Results(this.#rules.resultBytes);
    try {
      if (call.kind === "script") this.#script(call.text, results);
      else if (call.kind === "statement") this.#one(call.statement, results);
      else this.#batch(call.statements, results);
    } catch (error) {
      throw sqlFault(error, () => this.#diskIsFull());
    }
    return results.json();
  }

  #batch(statements: readonly SqlStatement[], results: Results): void {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      for (const statement of statements) this.#one(statement, results);
      this.#db.exec("COMMIT");
    } finally {
      // A conflict clause may have rolled back already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
    }
  }

  #one({ sql, params }: SqlStatement, results: Results): void {
    const statement = this.#prepare(sql);
    if (statement === undefined) throw new BindingFault("ERR_BINDING_INVALID", "the text has no SQL statement");
    try {
      const rest = sql.slice(statement.sourceSQL.length);
      const second = this.#prepare(rest);
      if (second !== undefined) {
        second.close();
        throw new BindingFault("ERR_BINDING_INVALID", "the text has several SQL statements: use batch(), or exec()");
      }
      this.#execute(statement, params, results);
    } finally {
      statement.close();
    }
  }

  #script(text: string, results: Results): void {
    let rest = text;
    for (let count = 0; ; count++) {
      const statement = this.#prepare(rest);
      if (statement === undefined) return;
      if (count >= this.#rules.statements) {
        statement.close();
        throw new BindingFault("ERR_BINDING_TOO_LARGE", `the text has more than ${this.#rules.statements} statements`);
      }
      try {
        rest = rest.slice(statement.sourceSQL.length);
        this.#execute(statement, [], results);
      } finally {
        statement.close();
      }
    }
  }

  /** The text's first statement; undefined when it has none. */
  #prepare(sql: string): StatementSync | undefined {
    if (sql.includes("\0"))
      throw new BindingFault("ERR_BINDING_INVALID", "the text of a statement must not have a NUL character");
    if (sql.trim() === "") return undefined;
    this.#isOurs = false;
    try {
      return this.#db.prepare(sql, { returnArrays: true, readBigInts: true }) as StatementSync;
    } catch (error) {
      if ((error as Error).message.includes(NO_STATEMENT)) return undefined;
      throw error;
    } finally {
      this.#isOurs = true;
    }
  }

  #execute(statement: StatementSync, params: readonly SqlValue[], results: Results): void {
    const before = this.#counts();
    results.begin(statement.columns().map(({ name }) => name));
    // Pragmas as functions and changed schemas are compiled while the statement runs.
    this.#isOurs = false;
    try {
      for (const row of statement.iterate(...params.map(toSqlite)) as Iterable<SQLOutputValue[]>) results.row(row);
    } finally {
      this.#isOurs = true;
    }
    const after = this.#counts();
    results.end({ changes: Number(after.total - before.total), lastRowId: Number(after.lastRowId) });
  }

  #counts(): Counts {
    return this.#countsStatement.get() as unknown as Counts;
  }

  /** Whether it is the disk that is full, and not this database. */
  #diskIsFull(): boolean {
    const { bavail, bsize } = statfsSync(dirname(this.#file));
    return bavail * bsize < DISK_FULL_BYTES;
  }
}
