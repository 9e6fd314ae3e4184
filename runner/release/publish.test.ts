import assert from "node:assert/strict";
import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { contentOf, scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import { readRelease, releaseContents } from "./manifest.ts";
import { publishRelease, rollbackTo, waitForAcks } from "./publish.ts";
import type { SwapResult } from "./store.ts";
import { type Ack, CURRENT_SCHEMA, type Current } from "./types.ts";

/** A store in which another deployer is always a moment faster, `times` times. */
class ContestedStore extends FolderStore {
  times = 0;

  override async compareAndSwapCurrent(etag: string | null, next: Current): Promise<SwapResult> {
    if (this.times-- > 0) {
      const found = await this.readCurrent();
      const generation = (found?.current.generation ?? 0) + 1;
      const sha256 = found?.current.sha256 ?? next.sha256;
      await super.compareAndSwapCurrent(found?.etag ?? null, {
        schema: CURRENT_SCHEMA,
        signature: null,
        generation,
        release: 1,
        sha256,
      });
    }
    return super.compareAndSwapCurrent(etag, next);
  }
}

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

  test("replaces what other deployers set meanwhile, and tells", async (t) => {
    const store = new ContestedStore(await scratchFolder(t));
    await publishRelease(store, contentOf({ a: "1" }));
    store.times = 2;
    const { current, overtaken } = await publishRelease(store, contentOf({ a: "2" }));
    assert.deepEqual(
      overtaken.map(({ generation }) => generation),
      [2, 3],
    );
    assert.deepEqual([current.generation, current.release], [4, 2]);
  });

  test("gives up after five lost races, naming the winner", async (t) => {
    const store = new ContestedStore(await scratchFolder(t));
    await publishRelease(store, contentOf({ a: "1" }, "the night shift"));
    store.times = 5;
    await assert.rejects(publishRelease(store, contentOf({ a: "2" })), {
      code: "ERR_RELEASE_CONFLICT",
      message: /release 1 by the night shift.*deploy again/,
    });
  });

  test("goes on above what nodes have seen when the pointer was lost", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    await publishRelease(store, contentOf({ a: "1" }));
    await store.writeAck(ackOf("n1", { generation: 41, refused: { generation: 42, reason: "x" } }));
    await rm(join(store.where, "current"));
    assert.equal((await publishRelease(store, contentOf({ a: "2" }))).current.generation, 43);
  });

  test("numbers and generations of five deployers at once are all different", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const published = await Promise.all(["1", "2", "3", "4", "5"].map((a) => publishRelease(store, contentOf({ a }))));
    assert.deepEqual(published.map(({ current }) => current.release).toSorted(), [1, 2, 3, 4, 5]);
    assert.deepEqual(published.map(({ current }) => current.generation).toSorted(), [1, 2, 3, 4, 5]);
  });
});

describe("rolling back", () => {
  test("points at the old release under a new generation", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const first = await publishRelease(store, contentOf({ a: "1" }));
    await publishRelease(store, contentOf({ a: "2" }));
    const { current } = await rollbackTo(store, 1);
    assert.deepEqual(current, { ...first.current, generation: 3 });
    assert.deepEqual((await store.readCurrent())?.current, current);
  });

  test("refuses a release that is missing, damaged or incomplete", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const first = await publishRelease(store, contentOf({ a: "1" }));
    await publishRelease(store, contentOf({ a: "2" }));
    await assert.rejects(rollbackTo(store, 9), { code: "ERR_RELEASE_MISSING" });
    const [module] = releaseContents(readRelease(first.current, await store.readRelease(1)).functions);
    await rm(join(store.where, "modules", String(module?.sha256)));
    await assert.rejects(rollbackTo(store, 1), { code: "ERR_RELEASE_MISSING", message: /release 1 needs it/ });
    const file = join(store.where, "releases", "1.json");
    await chmod(file, 0o644);
    await writeFile(file, "{");
    await assert.rejects(rollbackTo(store, 1), { code: "ERR_RELEASE_JSON" });
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
