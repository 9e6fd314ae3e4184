import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** Values up to this many bytes stand beside their key; larger ones in pieces of {@link PIECE_BYTES}. */
export const INLINE_BYTES_MAX = 64 * 1024;
export const PIECE_BYTES = 256 * 1024;
/** How long the pieces of a value that is no key's any more stay for those who still read them, ms. */
const UNUSED_MS = 60_000;
/** How long the pieces of a value that is being written wait for its end, ms: longer than any body may take. */
const UNWRITTEN_MS = 2 * 60 * 60_000;
const PAGE_BYTES = 4_096;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS entries (
  namespace TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, expires INTEGER, metadata TEXT, inline BLOB, value INTEGER,
  PRIMARY KEY (namespace, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS expiring ON entries (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS pieces (
  value INTEGER NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (value, number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unused (value INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL,
  namespace TEXT NOT NULL DEFAULT '', bytes INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS namespaces (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;`;

/** For files of the time when pieces that are no key's counted for nobody. */
const COUNT_UNUSED = `
BEGIN;
ALTER TABLE unused ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE unused ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
COMMIT;`;

const STATEMENTS = {
  get: "SELECT size, expires, metadata, inline, value FROM entries WHERE namespace = ? AND key = ?",
  put: "INSERT OR REPLACE INTO entries (namespace, key, size, expires, metadata, inline, value) VALUES (?, ?, ?, ?, ?, ?, ?)",
  remove: "DELETE FROM entries WHERE namespace = ? AND key = ?",
  list: `SELECT key, expires, metadata FROM entries WHERE namespace = ? AND key > ? AND key >= ? AND key < ?
    AND (expires IS NULL OR expires > ?) ORDER BY key LIMIT ?`,
  expired: "SELECT namespace, key FROM entries WHERE expires <= ? LIMIT ?",
  piece: "SELECT bytes FROM pieces WHERE value = ? AND number = ?",
  addPiece: "INSERT INTO pieces (value, number, bytes) VALUES (?, ?, ?)",
  dropPieces: "DELETE FROM pieces WHERE value = ?",
  begin: "INSERT INTO unused (due, namespace) VALUES (?, ?) RETURNING value",
  growUnused: "UPDATE unused SET bytes = bytes + ? WHERE value = ?",
  use: "DELETE FROM unused WHERE value = ?",
  unuse: "INSERT INTO unused (value, due, namespace, bytes) VALUES (?, ?, ?, ?)",
  drop: "UPDATE unused SET due = 0 WHERE value = ?",
  due: "SELECT value, namespace, bytes FROM unused WHERE due <= ? LIMIT ?",
  unusedColumns: "SELECT count(*) AS count FROM pragma_table_info('unused')",
  allDue: "UPDATE unused SET due = 0",
  bytes: "SELECT bytes FROM namespaces WHERE name = ?",
  grow: `INSERT INTO namespaces (name, bytes) VALUES (?1, max(0, ?2)) ON CONFLICT (name) DO UPDATE SET bytes = max(0, bytes + ?2)`,
} as const;

/** What is kept of a value beside its bytes. */
export interface KvEntry {
  readonly size: number;
  /** Second of the wall clock at which it is gone; null for never. */
  readonly expires: number | null;
  /** JSON. */
  readonly metadata: string | null;
}

export interface KvFound extends KvEntry {
  /** The whole value, when it is small. */
  readonly inline: Uint8Array | null;
  /** Number under which its pieces are. */
  readonly value: number | null;
}

export interface KvListed {
  readonly key: string;
  readonly expires: number | null;
  readonly metadata: string | null;
}

export interface KvPage {
  readonly prefix: string;
  /** Keys behind this one; empty for all. */
  readonly after: string;
  readonly limit: number;
}

/** A namespace holds as much as it may. */
export class NamespaceFull extends Error {
  override readonly name = "NamespaceFull";
}

export interface KvCeilings {
  /** Keys, values and metadata of one namespace, bytes; pieces that are written, or still kept for readers, are among them. */
  readonly namespaceBytes: number;
  /** The whole file, bytes. */
  readonly fileBytes: number;
}

/** Keys and values of all namespaces in one SQLite file. Every call is short; who calls bounds how much is asked. */
export class KvDatabase {
  readonly #db: DatabaseSync;
  readonly #ceilings: KvCeilings;
  readonly #prepared = new Map<string, StatementSync>();

  /** @throws Error when the file cannot be opened or is no database. */
  constructor(path: string, ceilings: KvCeilings) {
    this.#ceilings = ceilings;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(path, { timeout: 2_000 });
    this.#db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;
      PRAGMA max_page_count = ${Math.ceil(ceilings.fileBytes / PAGE_BYTES)}; ${SCHEMA}`);
    if ((this.#one("unusedColumns") as { count: number }).count === 2) this.#db.exec(COUNT_UNUSED);
    // Whoever wrote or read pieces before is gone.
    this.#run("allDue");
  }

  get isInTransaction(): boolean {
    return this.#db.isTransaction;
  }

  begin(): void {
    this.#db.exec("BEGIN IMMEDIATE");
  }

  commit(): void {
    this.#db.exec("COMMIT");
  }

  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
  }

  get(namespace: string, key: string, nowMs: number): KvFound | undefined {
    const found = this.#one("get", namespace, key) as KvFound | undefined;
    return found !== undefined && !isExpired(found, nowMs) ? found : undefined;
  }

  /** @throws NamespaceFull */
  put(namespace: string, key: string, entry: KvEntry, inline: Uint8Array, nowMs: number): void {
    this.#replace(namespace, key, { ...entry, inline, value: null }, nowMs);
  }

  /** @returns the number of a value that is written in pieces. */
  beginValue(namespace: string, nowMs: number): number {
    return (this.#one("begin", nowMs + UNWRITTEN_MS, namespace) as { value: number }).value;
  }

  /** A piece counts for its namespace from now on until it is swept away. @throws NamespaceFull */
  addPiece(namespace: string, value: number, number: number, bytes: Uint8Array): void {
    this.#requireRoom(namespace, bytes.length);
    requireUnswept(this.#run("growUnused", bytes.length, value));
    this.#run("addPiece", value, number, bytes);
    this.#run("grow", namespace, bytes.length);
  }

  /** The pieces are whole and are the key's value from now on. @throws NamespaceFull */
  endValue(namespace: string, key: string, entry: KvEntry, value: number, nowMs: number): void {
    this.#replace(namespace, key, { ...entry, inline: null, value }, nowMs);
    requireUnswept(this.#run("use", value));
  }

  /** The pieces will be no key's value. */
  dropValue(value: number): void {
    this.#run("drop", value);
  }

  /** @returns undefined when the value was replaced some time ago. */
  piece(value: number, number: number): Uint8Array | undefined {
    return (this.#one("piece", value, number) as { bytes: Uint8Array } | undefined)?.bytes;
  }

  delete(namespace: string, key: string, nowMs: number): void {
    const found = this.#one("get", namespace, key) as KvFound | undefined;
    if (found === undefined) return;
    this.#run("remove", namespace, key);
    this.#run("grow", namespace, -weight(key, found));
    this.#unuse(namespace, found, nowMs);
  }

  /** Keys in the order of their UTF-8 bytes, one more than `limit` when there are more. */
  list(namespace: string, { prefix, after, limit }: KvPage, nowMs: number): KvListed[] {
    const now = Math.floor(nowMs / 1_000);
    const listed = this.#statement("list").all(namespace, after, prefix, behind(prefix), now, limit + 1);
    return listed as unknown as KvListed[];
  }

  /** Takes away some of what has expired or is no key's value, and gives pages back. @returns whether there may be more. */
  sweep(nowMs: number, steps: number): boolean {
    const expired = this.#statement("expired").all(Math.floor(nowMs / 1_000), steps) as {
      namespace: string;
      key: string;
    }[];
    for (const { namespace, key } of expired) this.delete(namespace, key, nowMs);
    const due = this.#statement("due").all(nowMs, Math.ceil(steps / 50)) as {
      value: number;
      namespace: string;
      bytes: number;
    }[];
    for (const { value, namespace, bytes } of due) {
      this.#run("dropPieces", value);
      this.#run("use", value);
      this.#run("grow", namespace, -bytes);
    }
    this.#db.exec(`PRAGMA incremental_vacuum(${steps})`);
    return expired.length === steps || due.length === Math.ceil(steps / 50);
  }

  close(): void {
    this.#db.close();
  }

  #replace(namespace: string, key: string, entry: KvFound, nowMs: number): void {
    const found = this.#one("get", namespace, key) as KvFound | undefined;
    const grows = weight(key, entry) - (found === undefined ? 0 : weight(key, found));
    this.#requireRoom(namespace, grows);
    const { size, expires, metadata, inline, value } = entry;
    this.#run("put", namespace, key, size, expires, metadata, inline, value);
    this.#run("grow", namespace, grows);
    if (found !== undefined) this.#unuse(namespace, found, nowMs);
  }

  /** The pieces of a value that is no key's any more stay for a while, and count as long. */
  #unuse(namespace: string, { value, size }: KvFound, nowMs: number): void {
    if (value !== null) this.#run("unuse", value, nowMs + UNUSED_MS, namespace, size);
  }

  #requireRoom(namespace: string, bytes: number): void {
    if (bytes <= 0) return;
    const used = (this.#one("bytes", namespace) as { bytes: number } | undefined)?.bytes ?? 0;
    const { namespaceBytes } = this.#ceilings;
    if (used + bytes > namespaceBytes) {
      throw new NamespaceFull(
        `the namespace ${namespace} has ${used} of ${namespaceBytes} bytes, and ${bytes} more do not fit`,
      );
    }
  }

  #statement(name: keyof typeof STATEMENTS): StatementSync {
    const known = this.#prepared.get(name);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(STATEMENTS[name]);
    this.#prepared.set(name, statement);
    return statement;
  }

  #one(name: keyof typeof STATEMENTS, ...values: SQLInputValue[]): unknown {
    return this.#statement(name).get(...values);
  }

  /** @returns how many rows it changed. */
  #run(name: keyof typeof STATEMENTS, ...values: SQLInputValue[]): number {
    return Number(this.#statement(name).run(...values).changes);
  }
}

/** The first text, in the order of UTF-8 bytes, that is behind all that begin with the prefix; a blob is behind every text. */
function behind(prefix: string): string | Uint8Array {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) as number;
    if (point === 0x10ffff) continue;
    return points.join("") + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return new Uint8Array(0);
}

function isExpired({ expires }: KvEntry, nowMs: number): boolean {
  return expires !== null && expires * 1_000 <= nowMs;
}

/** A thread that starts again sweeps away what was half written before: the rest must not pass for the whole. */
function requireUnswept(rowsChanged: number): void {
  if (rowsChanged === 0) throw new Error("the pieces before were swept away while the value was being written");
}

/** What an entry counts for in its namespace, bytes, beside its pieces, which count for themselves. */
function weight(key: string, { size, metadata, value }: KvFound): number {
  return (value === null ? size : 0) + Buffer.byteLength(key) + (metadata === null ? 0 : Buffer.byteLength(metadata));
}
