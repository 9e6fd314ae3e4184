import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { canonicalJson } from "./canonicalJson.ts";
import { appendControl, CONTROL_BYTES_MAX, CONTROL_SCHEMA, readControlEntry } from "./controlLog.ts";
import { scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import { requireSignature } from "./signature.ts";

const who = { by: "someone", signer: null };

test("entries are numbered without gaps, also when ten people append at once", async (t) => {
  const store = new FolderStore(await scratchFolder(t));
  assert.equal(await store.newestControl(), 0);
  assert.equal(await store.readControl(1), null);
  const urls = Array.from({ length: 10 }, (_, n) => `https://a.test/${n}`);
  const entries = await Promise.all(urls.map((url) => appendControl(store, { kind: "purge", order: { url } }, who)));
  assert.deepEqual(
    entries.map(({ n }) => n).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.equal(await store.newestControl(), 10);
  for (const entry of entries) {
    assert.deepEqual(readControlEntry(entry.n, (await store.readControl(entry.n)) as Buffer), entry);
  }
});

test("an entry is signed with its number: it is none in another's place", async (t) => {
  const store = new FolderStore(await scratchFolder(t));
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const entry = await appendControl(store, { kind: "lift", function: "hello" }, { by: "me", signer: privateKey });
  const how = { keys: [publicKey], where: "control/1.json" };
  requireSignature(entry, how);
  assert.throws(() => requireSignature({ ...entry, n: 2 } as object, how), { code: "ERR_RELEASE_SIGNATURE" });
  assert.throws(() => readControlEntry(2, Buffer.from(canonicalJson(entry))), /calls itself entry 1/);
});

const good = { schema: CONTROL_SCHEMA, n: 1, at: "2026-01-02T03:04:05Z", by: "me", signature: null };
const wrong: readonly [string, object, RegExp][] = [
  ["no kind", {}, /control\.kind.*purge, lift/],
  ["an unknown kind", { kind: "reboot" }, /control\.kind/],
  ["a purge of nothing", { kind: "purge", order: {} }, /control\.order.*exactly one of/],
  ["a purge of two things", { kind: "purge", order: { tag: "a", host: "b" } }, /exactly one of/],
  ["a lift of no function", { kind: "lift", function: "../x" }, /control\.function/],
  ["an unknown key", { kind: "lift", function: "a", order: {} }, /control\.order/],
  ["newer code's layout", { schema: 2, kind: "lift", function: "a" }, /schema 2 is not 1; update/],
];
for (const [title, change, message] of wrong) {
  test(`an entry with ${title} is refused`, () => {
    assert.throws(() => readControlEntry(1, Buffer.from(JSON.stringify({ ...good, ...change }))), message);
  });
}

test("what is no command is not appended, and a huge entry is not read", async (t) => {
  const store = new FolderStore(await scratchFolder(t));
  await assert.rejects(appendControl(store, { kind: "purge", order: { tag: "no spaces" } }, who), /control\.order/);
  assert.equal(await store.newestControl(), 0);
  await store.writeControl(1, Buffer.alloc(CONTROL_BYTES_MAX + 1));
  await assert.rejects(store.readControl(1), { code: "ERR_RELEASE_SIZE" });
});
