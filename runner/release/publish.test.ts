import assert from "node:assert/strict";
import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { contentOf, deployedBy, publishRelease, scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import { readRelease, releaseContents } from "./manifest.ts";
import { rollbackTo, waitForAcks } from "./publish.ts";
import type { Ack } from "./types.ts";

describe("publishing", () => {
  test("writes modules, table and pointer, and shares modules between releases", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const first = await publishRelease(store, contentOf({ a: "1", b: "2" }));
    const second = await publishRelease(store, contentOf({ a: "1", b: "3" }));
    assert.deepEqual([first.current.generation, first.current.release], [1, 1]);
    assert.deepEqual([second.current.generation, second.current.release], [2, 2]);
    assert.deepEqual((await store.readCurrent())?.current, second.current);
    assert.equal((await readdir(join(store.where, "modules"))).length, 3);
    const release = readRelease(second.current, await store.readRelease(2));
    assert.deepEqual(
      release.functions.map(({ name }) => name),
      ["a", "b"],
    );
  });

  test("changes nothing when a module is not what the manifest says", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const content = { ...contentOf({ a: "1" }), modules: () => Buffer.from("2") };
    await assert.rejects(publishRelease(store, content), { code: "ERR_RELEASE_HASH" });
    assert.equal(await store.readCurrent(), null);
    assert.equal(await store.newestRelease(), 0);
  });

  test("goes on above what nodes have seen when the pointer was lost", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    await publishRelease(store, contentOf({ a: "1" }));
    await store.writeAck(ackOf("n1", { generation: 41, refused: { generation: 42, reason: "x" } }));
    await rm(join(store.where, "current"));
    assert.equal((await publishRelease(store, contentOf({ a: "2" }))).current.generation, 43);
  });
});

describe("rolling back", () => {
  test("serves what the old release had, in a new one that says who went back; numbers of versions go on", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    await publishRelease(store, contentOf({ a: "1", b: "1" }));
    await publishRelease(store, contentOf({ a: "2", c: "1" }));
    const { current, release } = await rollbackTo(store, 1, { deployed: deployedBy("alice", "c is bad") });
    assert.deepEqual((await store.readCurrent())?.current, current);
    assert.deepEqual([current.generation, release.createdBy, release.reason], [3, "alice", "c is bad"]);
    assert.deepEqual(
      release.functions.map(({ name, number }) => `${name} v${number}`),
      ["a v3", "b v1"],
    );
    const next = await publishRelease(store, contentOf({ a: "3", b: "1" }));
    assert.equal(next.release.functions[0]?.number, 4);
  });

  test("refuses a release that is missing, damaged or incomplete", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const first = await publishRelease(store, contentOf({ a: "1" }));
    await publishRelease(store, contentOf({ a: "2" }));
    await assert.rejects(rollbackTo(store, 9, { deployed: deployedBy() }), { code: "ERR_RELEASE_MISSING" });
    const [module] = releaseContents(readRelease(first.current, await store.readRelease(1)).functions);
    await rm(join(store.where, "modules", String(module?.sha256)));
    await assert.rejects(rollbackTo(store, 1, { deployed: deployedBy() }), {
      code: "ERR_RELEASE_MISSING",
      message: /is not in the store; deploy again/,
    });
    const file = join(store.where, "releases", "1.json");
    await chmod(file, 0o644);
    await writeFile(file, "{");
    await assert.rejects(rollbackTo(store, 1, { deployed: deployedBy() }), { code: "ERR_RELEASE_JSON" });
    assert.equal((await store.readCurrent())?.current.generation, 2);
  });
});

test("waiting for acks tells active, refused and silent nodes apart", async (t) => {
  const store = new FolderStore(await scratchFolder(t));
  await store.writeAck(ackOf("up", { generation: 5, refused: null }));
  await store.writeAck(ackOf("old", { generation: 4, refused: { generation: 5, reason: "throws at start" } }));
  await store.writeAck(ackOf("behind", { generation: 4, refused: { generation: 3, reason: "long ago" } }));
  const nodes = ["up", "old", "behind", "never"];
  const outcomes = await waitForAcks(store, { generation: 5, nodes, timeoutMs: 100 });
  assert.deepEqual(Object.fromEntries(outcomes), {
    up: { status: "active" },
    old: { status: "refused", reason: "throws at start" },
    behind: { status: "silent" },
    never: { status: "silent" },
  });

  const waiting = waitForAcks(store, { generation: 5, nodes: ["never"], timeoutMs: 30_000, pollMs: 5 });
  await store.writeAck(ackOf("never", { generation: 6, refused: null }));
  assert.deepEqual((await waiting).get("never"), { status: "active" });
});

function ackOf(node: string, state: Pick<Ack, "generation" | "refused">): Ack {
  return { node, region: "r", release: 1, at: "now", functions: {}, control: 0, ...state };
}
