import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { changeRelease } from "@edge-fleet/runner/release/changeRelease";
import type { Drift } from "@edge-fleet/runner/release/declaration";
import { deployedBy, functionOf, scratchFolder } from "@edge-fleet/runner/release/fixtures";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { readRelease } from "@edge-fleet/runner/release/manifest";
import { deployStable, setStatus, type TableChange } from "@edge-fleet/runner/release/tableChanges";
import { writeManifests } from "../functions/manifestFiles.ts";
import { releaseKey } from "../local/releaseKey.ts";
import { statePaths } from "../local/stateDir.ts";
import { type ReleaseInputs, releaseProvider } from "./releaseProvider.ts";

const { check, create, read, changed, update } = releaseProvider;

/** A project in a folder of its own, whose local fleet has no nodes. Tests of this file run one after the other. */
async function projectOf(t: TestContext) {
  const root = await scratchFolder(t);
  const [cwd, before] = [process.cwd(), process.env.EDGE_STATE_DIR];
  process.chdir(root);
  process.env.EDGE_STATE_DIR = join(root, "state");
  t.after(() => {
    process.chdir(cwd);
    if (before === undefined) delete process.env.EDGE_STATE_DIR;
    else process.env.EDGE_STATE_DIR = before;
  });
  const paths = statePaths(join(root, "state"));
  const store = new FolderStore(paths.store);
  const built = async (sources: Readonly<Record<string, string>>, drift: Drift = "adopt"): Promise<ReleaseInputs> => {
    const all = Object.entries(sources).map(([name, source]) => functionOf(name, source));
    await writeManifests(
      join(root, "build"),
      all.map(({ manifest }) => manifest),
    );
    await mkdir(join(root, "build/modules"), { recursive: true });
    for (const { manifest, bytes } of all) {
      await writeFile(join(root, "build/modules", String(manifest.modules[0]?.sha256)), bytes);
    }
    const functions = Object.fromEntries(all.map(({ manifest }) => [manifest.name, manifest.version]));
    return { buildDir: "build", functions, drift };
  };
  const command = (change: TableChange) =>
    changeRelease(store, change, { deployed: deployedBy("ann", "it burns"), ...releaseKey(paths.root) });
  const live = async () => {
    const { current } = (await store.readCurrent()) ?? assert.fail("no pointer");
    const { functions } = readRelease(current, await store.readRelease(current.release));
    return functions.map(({ name, number, status }) => `${name} v${number} ${status}`);
  };
  return { paths, store, built, command, live };
}

test("an up writes when what it declares has changed, or there is no release that nodes take", async (t) => {
  const { paths, store, built, live } = await projectOf(t);
  const first = await built({ a: "1", b: "1" });
  const { outs } = await create(first);
  assert.deepEqual([outs.release, outs.generation], [1, 1]);
  assert.equal(await changed(outs, first), false);
  const second = await built({ a: "2" });
  assert.equal(await changed(outs, second), true);
  const next = await update("", outs, second);
  assert.deepEqual(await live(), ["a v2 active"]);
  assert.equal((await read("", next))?.release, 2);

  await rm(join(paths.store, "current"));
  assert.equal(await read("", next), null);
  assert.equal(await changed(next, second), true);
  await update("", next, second);
  assert.deepEqual(await live(), ["a v2 active"]);
  assert.equal(await changed(next, second), false);
  assert.notEqual((await store.readCurrent())?.current.signature, null);
});

test("a store from before there was a key is signed by the next up", async (t) => {
  const { paths, store, built, live } = await projectOf(t);
  const inputs = await built({ a: "1" });
  const { manifest, bytes } = functionOf("a", "1");
  await mkdir(paths.store, { recursive: true });
  const change = deployStable(manifest, { owner: "program", deployed: deployedBy() });
  await changeRelease(store, change, { deployed: deployedBy(), modules: () => bytes });
  const outs = { ...inputs, release: 1, generation: 1 };
  assert.equal(await changed(outs, inputs), true);
  assert.equal((await update("", outs, inputs)).generation, 2);
  assert.notEqual((await store.readCurrent())?.current.signature, null);
  assert.deepEqual(await live(), ["a v1 active"]);
});

test("what a command has changed is left, undone or refused, as the config says", async (t) => {
  const { built, command, live } = await projectOf(t);
  const { outs } = await create(await built({ a: "1", b: "1" }));
  await command(setStatus("a", "disabled", deployedBy("ann", "it burns")));
  assert.equal(await changed(outs, await built({ a: "1", b: "1" })), false);
  const adopted = await update("", outs, await built({ a: "1", b: "2" }));
  assert.deepEqual(await live(), ["a v1 disabled", "b v2 active"]);

  const refusing = await built({ a: "1", b: "2" }, "refuse");
  const [problem] = await check(adopted, refusing);
  assert.match(String(problem), /a is at v1, disabled, by ann at .*: it burns.*edge-fleet:drift/);
  assert.deepEqual(await check(adopted, await built({ a: "1", b: "2" })), []);

  const reasserting = await built({ a: "1", b: "2" }, "reassert");
  assert.equal(await changed(adopted, reasserting), true);
  await update("", adopted, reasserting);
  assert.deepEqual(await live(), ["a v1 active", "b v2 active"]);
  assert.equal(await changed(adopted, reasserting), false);
  assert.deepEqual(await check(adopted, refusing), []);
});
