import assert from "node:assert/strict";
import { chmod, readdir, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { changeRelease } from "./changeRelease.ts";
import { appendControl } from "./controlLog.ts";
import { contentOf, deployedBy, functionOf, publishRelease, scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import { collectGarbage } from "./garbage.ts";
import { sha256Hex } from "./manifest.ts";
import { rollbackTo } from "./publish.ts";
import type { ReleaseStore, StoredKind } from "./store.ts";
import { deployStable } from "./tableChanges.ts";

const DAY_S = 24 * 60 * 60;

/** Everything in the store was written so long ago. */
async function age(store: FolderStore, days: number): Promise<void> {
  const seconds = Date.now() / 1_000 - days * DAY_S;
  for (const kind of ["modules", "releases", "control"]) {
    const folder = join(store.where, kind);
    for (const name of await readdir(folder).catch(() => [])) await utimes(join(folder, name), seconds, seconds);
  }
}

/** Ten releases of a function, and one of another function that never changes. */
async function tenReleases(t: TestContext): Promise<FolderStore> {
  const store = new FolderStore(await scratchFolder(t));
  for (let n = 1; n <= 10; n++) await publishRelease(store, contentOf({ a: `a${n}`, b: "same" }));
  await age(store, 2);
  return store;
}

async function names(store: ReleaseStore, kind: StoredKind): Promise<string[]> {
  return (await store.listStored(kind)).map(({ name }) => name).toSorted((a, b) => Number(a) - Number(b));
}

/** Sources whose modules are there, of those of `tenReleases`. */
async function sources(store: ReleaseStore): Promise<string[]> {
  const there = new Set(await names(store, "modules"));
  const all = [...Array.from({ length: 10 }, (_, index) => `a${index + 1}`), "same"];
  return all.filter((source) => there.has(sha256Hex(source)));
}

describe("collecting garbage", () => {
  test("leaves the newest releases and whatever any of them needs, former versions too", async (t) => {
    const store = await tenReleases(t);
    const dry = await collectGarbage(store, { keep: 2, isDryRun: true });
    assert.deepEqual(dry.releases.toSorted(), ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert.equal((await sources(store)).length, 11);
    assert.deepEqual(await collectGarbage(store, { keep: 2 }), dry);
    assert.deepEqual(await names(store, "releases"), ["9", "10"]);
    // Release 9 has five former versions, a4 to a8.
    assert.deepEqual(await sources(store), ["a4", "a5", "a6", "a7", "a8", "a9", "a10", "same"]);
    assert.deepEqual(await collectGarbage(store, { keep: 2 }), { modules: [], releases: [], control: [] });
    const { release } = await rollbackTo(store, 9, { deployed: deployedBy() });
    assert.equal(release.functions[0]?.manifest.modules[0]?.sha256, sha256Hex("a9"));
  });

  test("leaves what the pointer names, however old, and all that is young", async (t) => {
    const store = await tenReleases(t);
    const first = await store.readRelease(1);
    const found = (await store.readCurrent()) ?? assert.fail();
    const back = { ...found.current, generation: 11, release: 1, sha256: sha256Hex(first) };
    await store.compareAndSwapCurrent(found.etag, back);
    await store.writeModule({ name: "", sha256: sha256Hex("young"), bytes: 5 }, Buffer.from("young"));
    await collectGarbage(store, { keep: 1 });
    assert.deepEqual(await names(store, "releases"), ["1", "10"]);
    assert.ok((await names(store, "modules")).includes(sha256Hex("young")));
    assert.ok((await sources(store)).includes("a1"));
  });

  test("takes nothing from a deploy that goes on meanwhile, also where that needs an old module", async (t) => {
    const store = await tenReleases(t);
    const { manifest, bytes } = functionOf("a", "a1");
    /** Garbage is collected when the deploy has written its modules, and again before it moves the pointer. */
    class Interrupted extends FolderStore {
      override async writeRelease(release: number, table: Uint8Array): Promise<boolean> {
        await collectGarbage(store, { keep: 1 });
        const isWritten = await super.writeRelease(release, table);
        await collectGarbage(store, { keep: 1 });
        return isWritten;
      }
    }
    const deployed = deployedBy();
    const change = deployStable(manifest, { owner: "program", deployed });
    const { release } = await changeRelease(new Interrupted(store.where), change, { deployed, modules: () => bytes });
    assert.equal(release.functions[0]?.manifest.version, manifest.version);
    assert.ok((await sources(store)).includes("a1"));
    for (const { modules } of release.functions.map((entry) => entry.manifest)) {
      for (const ref of modules) assert.ok(await store.hasModule(ref));
    }
  });

  test("removes entries of the control log after 30 days, never the newest", async (t) => {
    const store = await tenReleases(t);
    for (let n = 0; n < 3; n++) await appendControl(store, { kind: "lift", function: "a" }, { by: "x", signer: null });
    await age(store, 29);
    await collectGarbage(store);
    assert.deepEqual(await names(store, "control"), ["1", "2", "3"]);
    await age(store, 31);
    await collectGarbage(store);
    assert.deepEqual(await names(store, "control"), ["3"]);
    assert.equal((await appendControl(store, { kind: "lift", function: "a" }, { by: "x", signer: null })).n, 4);
  });

  test("removes nothing where a kept release cannot be read, and says which", async (t) => {
    const store = await tenReleases(t);
    const file = join(store.where, "releases", "9.json");
    const { mode } = await stat(file);
    await chmod(file, 0o644);
    await writeFile(file, "{");
    await chmod(file, mode);
    await assert.rejects(collectGarbage(store, { keep: 3 }), /releases\/9\.json: is to be kept and cannot be read/);
    assert.equal((await sources(store)).length, 11);
    await assert.rejects(collectGarbage(store, { keep: 0 }), /keep: is 0: give/);
  });
});
