import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { scratchFolder } from "../../release/fixtures.ts";
import { KvDatabase, type KvEntry, NamespaceFull } from "./kvDatabase.ts";

const KB = 1024;
const MB = 1024 * KB;
const NOW_MS = 1_800_000_000_000;
const SPACE = "notes";

async function database(t: TestContext, { namespaceBytes = 100 * MB, fileBytes = 100 * MB } = {}): Promise<KvDatabase> {
  const made = new KvDatabase(join(await scratchFolder(t), "kv", "kv.sqlite"), { namespaceBytes, fileBytes });
  t.after(() => made.close());
  return made;
}

const entry = (size: number, more: Partial<KvEntry> = {}): KvEntry => ({
  size,
  expires: null,
  metadata: null,
  ...more,
});
const put = (kv: KvDatabase, key: string, bytes = 1, more: Partial<KvEntry> = {}) =>
  kv.put(SPACE, key, entry(bytes, more), Buffer.alloc(bytes, 7), NOW_MS);
const keys = (kv: KvDatabase, prefix = "", after = "", limit = 1_000) =>
  kv.list(SPACE, { prefix, after, limit }, NOW_MS).map(({ key }) => key);

function putPieces(kv: KvDatabase, key: string, pieces: readonly number[]): number {
  const value = kv.beginValue(SPACE, NOW_MS);
  let size = 0;
  for (const [number, bytes] of pieces.entries()) {
    kv.addPiece(SPACE, value, number, Buffer.alloc(bytes, number));
    size += bytes;
  }
  kv.endValue(SPACE, key, entry(size), value, NOW_MS);
  return value;
}

test("keys are listed in the order of their bytes, by any prefix, from any key on", async (t) => {
  const kv = await database(t);
  const all = [
    "a",
    "a/1",
    "a/\u{10ffff}",
    "a/\u{10ffff}x",
    "a0",
    "b",
    "\ud7ff",
    "\ud7ffx",
    "\ue000",
    "\u{10ffff}",
    "\u{10ffff}\u{10ffff}",
  ];
  for (const key of all) put(kv, key);
  const sorted = all.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(keys(kv), sorted);
  for (const prefix of ["a", "a/", "a/\u{10ffff}", "\ud7ff", "\u{10ffff}", "none"]) {
    assert.deepEqual(
      keys(kv, prefix),
      sorted.filter((key) => key.startsWith(prefix)),
      JSON.stringify(prefix),
    );
  }
  assert.deepEqual(keys(kv, "a", "a/1"), sorted.filter((key) => key.startsWith("a")).slice(2));
  assert.equal(keys(kv, "", "", 3).length, 4);
});

test("an expired key is not found, not listed, and swept in steps", async (t) => {
  const kv = await database(t);
  const expires = NOW_MS / 1_000 + 60;
  for (let index = 0; index < 25; index++) put(kv, `k${index}`, 1, { expires });
  put(kv, "stays");
  const laterMs = NOW_MS + 60_000;
  assert.ok(kv.get(SPACE, "k0", laterMs - 1));
  assert.equal(kv.get(SPACE, "k0", laterMs), undefined);
  assert.deepEqual(
    kv.list(SPACE, { prefix: "", after: "", limit: 10 }, laterMs).map(({ key }) => key),
    ["stays"],
  );
  assert.equal(kv.sweep(laterMs, 10), true);
  assert.equal(kv.get(SPACE, "k24", NOW_MS) !== undefined, true);
  while (kv.sweep(laterMs, 10));
  assert.deepEqual(keys(kv), ["stays"]);
});

test("a value in pieces is there when it is whole, and its pieces go when nobody needs them", async (t) => {
  const kv = await database(t);
  const first = putPieces(kv, "large", [300, 200]);
  assert.deepEqual({ ...kv.get(SPACE, "large", NOW_MS) }, { ...entry(500), inline: null, value: first });
  assert.deepEqual([kv.piece(first, 0)?.length, kv.piece(first, 1)?.[0], kv.piece(first, 2)], [300, 1, undefined]);
  const second = putPieces(kv, "large", [10]);
  kv.sweep(NOW_MS + 1_000, 100);
  assert.equal(kv.piece(first, 0)?.length, 300, "who reads it has a minute");
  kv.sweep(NOW_MS + 60_000, 100);
  assert.equal(kv.piece(first, 0), undefined);
  assert.equal(kv.piece(second, 0)?.length, 10);
  kv.delete(SPACE, "large", NOW_MS);
  const dropped = kv.beginValue(SPACE, NOW_MS);
  kv.addPiece(SPACE, dropped, 0, Buffer.alloc(5));
  kv.dropValue(dropped);
  kv.sweep(NOW_MS + 60_000, 100);
  for (const value of [second, dropped]) assert.equal(kv.piece(value, 0), undefined);
});

test("pieces that a process left unwritten are gone after the next start", async (t) => {
  const path = join(await scratchFolder(t), "kv.sqlite");
  const ceilings = { namespaceBytes: MB, fileBytes: 10 * MB };
  const before = new KvDatabase(path, ceilings);
  const value = before.beginValue(SPACE, NOW_MS);
  before.addPiece(SPACE, value, 0, Buffer.alloc(5));
  before.sweep(NOW_MS + 60_000, 100);
  assert.ok(before.piece(value, 0));
  before.close();
  const after = new KvDatabase(path, ceilings);
  t.after(() => after.close());
  after.sweep(NOW_MS, 100);
  assert.equal(after.piece(value, 0), undefined);
});

test("a namespace holds so many bytes, however they came, and has room again for what was taken out", async (t) => {
  const kv = await database(t, { namespaceBytes: 1_000 });
  put(kv, "a", 600);
  assert.throws(() => put(kv, "b", 400), NamespaceFull);
  put(kv, "a", 500);
  put(kv, "b", 400);
  assert.throws(() => put(kv, "c", 1, { metadata: "x".repeat(200) }), NamespaceFull);
  assert.throws(() => putPieces(kv, "d", [50, 60]), NamespaceFull);
  kv.put("other", "a", entry(900), Buffer.alloc(900), NOW_MS);
  kv.delete(SPACE, "a", NOW_MS);
  putPieces(kv, "d", [300, 200]);
  assert.throws(() => put(kv, "e", 200), NamespaceFull);
});

test("pieces count for their namespace while they are written, and until they are gone", async (t) => {
  const kv = await database(t, { namespaceBytes: 1_000 });
  const values = [1, 2, 3].map(() => kv.beginValue(SPACE, NOW_MS));
  const add = (index: number, number: number) => kv.addPiece(SPACE, values[index] as number, number, Buffer.alloc(400));
  add(0, 0);
  add(1, 0);
  assert.throws(() => add(2, 0), NamespaceFull);
  assert.throws(() => put(kv, "small", 200), NamespaceFull);
  kv.dropValue(values[1] as number);
  assert.throws(() => add(2, 0), NamespaceFull, "the pieces are there still");
  kv.sweep(NOW_MS, 100);
  add(2, 0);
  kv.endValue(SPACE, "large", entry(400), values[0] as number, NOW_MS);
  kv.endValue(SPACE, "large", entry(400), values[2] as number, NOW_MS);
  assert.throws(() => put(kv, "small", 200), NamespaceFull, "what was replaced is there still");
  kv.delete(SPACE, "large", NOW_MS);
  kv.sweep(NOW_MS + 59_999, 100);
  assert.throws(() => put(kv, "small", 200), NamespaceFull, "what was deleted is there still");
  kv.sweep(NOW_MS + 60_000, 100);
  put(kv, "small", 1_000 - "small".length);
  assert.throws(() => put(kv, "b", 0), NamespaceFull, "nothing was given back twice");
});

test("a value whose first pieces were swept away while it was written becomes no key's", async (t) => {
  const kv = await database(t);
  const value = kv.beginValue(SPACE, NOW_MS);
  kv.addPiece(SPACE, value, 0, Buffer.alloc(5));
  kv.dropValue(value);
  kv.sweep(NOW_MS, 100);
  assert.throws(() => kv.addPiece(SPACE, value, 1, Buffer.alloc(5)), /swept away/);
  kv.begin();
  assert.throws(() => kv.endValue(SPACE, "large", entry(10), value, NOW_MS), /swept away/);
  kv.rollback();
  assert.equal(kv.get(SPACE, "large", NOW_MS), undefined);
});

test("a file of the time when such pieces were not counted is opened, and counts from then on", async (t) => {
  const path = join(await scratchFolder(t), "kv.sqlite");
  const ceilings = { namespaceBytes: 1_000, fileBytes: 10 * MB };
  const before = new KvDatabase(path, ceilings);
  putPieces(before, "large", [600]);
  const left = before.beginValue(SPACE, NOW_MS);
  before.close();
  const old = new DatabaseSync(path);
  old.exec("ALTER TABLE unused DROP COLUMN namespace; ALTER TABLE unused DROP COLUMN bytes");
  old.prepare("INSERT INTO pieces (value, number, bytes) VALUES (?, 0, ?)").run(left, Buffer.alloc(300));
  old.close();
  for (let opened = 0; opened < 2; opened++) {
    const kv = new KvDatabase(path, ceilings);
    kv.sweep(NOW_MS, 100);
    assert.equal(kv.piece(left, 0), undefined);
    assert.throws(() => putPieces(kv, "other", [500]), NamespaceFull);
    if (opened === 1) putPieces(kv, "other", [300]);
    kv.close();
  }
});
