import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { shortOrLong } from "../../test/runner/longRun.ts";
import { changeRelease } from "./changeRelease.ts";
import type { ReleaseError } from "./errors.ts";
import { contentOf, deployedBy, functionOf, publishRelease, scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import { readRelease, sha256Hex } from "./manifest.ts";
import { rollbackTo } from "./publish.ts";
import { isSignedBy } from "./signature.ts";
import { deployStable, setStatus, type TableChange } from "./tableChanges.ts";
import type { ReleasedFunction } from "./types.ts";

const ROUNDS = shortOrLong(50, 200);

/** A deploy of one function of one module. */
function deployOf(name: string, source: string, by = "a test") {
  const { manifest, bytes } = functionOf(name, source);
  const deployed = deployedBy(by, `deploy ${source}`);
  const change = deployStable(manifest, { owner: "command", deployed });
  return { change, deployer: { deployed, modules: (sha256: string) => (sha256 === sha256Hex(bytes) ? bytes : null) } };
}

async function table(store: FolderStore): Promise<readonly ReleasedFunction[]> {
  const { current } = (await store.readCurrent()) ?? assert.fail("no pointer");
  return readRelease(current, await store.readRelease(current.release)).functions;
}

async function storeWith(t: TestContext, sources: Readonly<Record<string, string>>): Promise<FolderStore> {
  const store = new FolderStore(await scratchFolder(t));
  await publishRelease(store, contentOf(sources));
  return store;
}

describe("a change of what is served", () => {
  test("leaves other functions alone, and writes nothing where there is nothing to do", async (t) => {
    const store = await storeWith(t, { a: "1", b: "1" });
    const { change, deployer } = deployOf("a", "2", "alice");
    const { changed, release } = await changeRelease(store, change, deployer);
    assert.deepEqual([changed, release.createdBy, release.reason], [["a"], "alice", "deploy 2"]);
    assert.deepEqual(
      release.functions.map(({ name, number, deployed }) => [name, number, deployed.by]),
      [
        ["a", 2, "alice"],
        ["b", 1, "a test"],
      ],
    );
    const again = await changeRelease(store, change, deployer);
    assert.deepEqual([again.changed, again.current.generation], [[], 2]);
    assert.equal(await store.newestRelease(), 2);
  });

  test(`of two deployers, ${ROUNDS} rounds: both where they change different functions, one where the same`, async (t) => {
    const store = await storeWith(t, { a: "0", b: "0" });
    let swaps = 1;
    for (let round = 1; round <= ROUNDS; round++) {
      const isSame = round % 2 === 0;
      const deploys = [deployOf("a", `a${round}`, "alice"), deployOf(isSame ? "a" : "b", `b${round}`, "bob")];
      const results = await Promise.allSettled(
        deploys.map(({ change, deployer }) => changeRelease(new FolderStore(store.where), change, deployer)),
      );
      const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason as ReleaseError] : []));
      swaps += results.length - lost.length;
      const functions = await table(store);
      if (isSame) {
        // One may have been over before the other read; then both came to pass, one after the other.
        for (const { code, message } of lost) {
          assert.equal(code, "ERR_RELEASE_CONFLICT");
          assert.match(message, new RegExp(`a was changed by ${functions[0]?.deployed.by} to v\\d+ at .*deploy`));
        }
      } else {
        assert.deepEqual(lost, []);
        const reasons = functions.map(({ deployed }) => deployed.reason);
        assert.deepEqual(reasons, [`deploy a${round}`, `deploy b${round}`]);
      }
    }
    assert.equal((await store.readCurrent())?.current.generation, swaps);
  });

  test("is made once where two make the same", async (t) => {
    const store = await storeWith(t, { a: "1" });
    const off: TableChange = setStatus("a", "disabled", deployedBy());
    const both = await Promise.all([0, 1].map(() => changeRelease(store, off, { deployed: deployedBy() })));
    assert.equal(both.flatMap(({ changed }) => changed).length, 1);
    assert.equal((await store.readCurrent())?.current.generation, 2);
  });

  test("goes on from the newest whole release where the current one is damaged or its pointer lost", async (t) => {
    const store = await storeWith(t, { a: "1", b: "1" });
    const first = deployOf("c", "1");
    await changeRelease(store, first.change, first.deployer);
    const file = join(store.where, "releases", "2.json");
    await chmod(file, 0o644);
    await writeFile(file, "{");
    const next = deployOf("a", "2");
    const { current, release } = await changeRelease(store, next.change, next.deployer);
    assert.deepEqual([current.generation, current.release], [3, 3]);
    assert.deepEqual(
      release.functions.map(({ name, number }) => `${name} v${number}`),
      ["a v2", "b v1"],
    );
    await rm(join(store.where, "current"));
    const last = deployOf("b", "2");
    assert.equal((await changeRelease(store, last.change, last.deployer)).release.functions[0]?.number, 2);
  });

  test("repairs a module that is damaged, and asks for none that it cannot have", async (t) => {
    const store = await storeWith(t, { a: "1" });
    const module = join(store.where, "modules", sha256Hex("1"));
    await chmod(module, 0o644);
    await writeFile(module, "x");
    const { change, deployer } = deployOf("a", "1");
    assert.deepEqual((await changeRelease(store, change, deployer)).changed, []);
    assert.equal((await store.readModule({ name: "", sha256: sha256Hex("1"), bytes: 1 })).toString(), "1");
    const absent = deployOf("a", "2");
    await assert.rejects(changeRelease(store, absent.change, { deployed: deployedBy() }), {
      code: "ERR_RELEASE_MISSING",
    });
    assert.equal((await store.readCurrent())?.current.generation, 1);
  });

  test("of a table of newer code is refused", async (t) => {
    const store = await storeWith(t, { a: "1" });
    const bytes = Buffer.from(JSON.stringify({ schema: 5, release: 2, functions: {} }));
    await store.writeRelease(2, bytes);
    const found = (await store.readCurrent()) ?? assert.fail();
    const next = { ...found.current, generation: 2, release: 2, sha256: sha256Hex(bytes) };
    await store.compareAndSwapCurrent(found.etag, next);
    const { change, deployer } = deployOf("a", "2");
    await assert.rejects(changeRelease(store, change, deployer), { code: "ERR_RELEASE_SCHEMA" });
  });
});

describe("a deployer with keys", () => {
  const { privateKey: signer, publicKey } = generateKeyPairSync("ed25519");
  const keys = [publicKey];

  test("signs table and pointer, and builds on nothing that is not signed", async (t) => {
    const store = await storeWith(t, { a: "1" });
    const { change, deployer } = deployOf("a", "2");
    await assert.rejects(changeRelease(store, change, { ...deployer, signer, keys }), {
      code: "ERR_RELEASE_SIGNATURE",
      message: /is not signed/,
    });
    const { current, release } = await changeRelease(store, change, { ...deployer, signer });
    assert.ok(current.signature !== null && release.signature !== undefined);
    const next = deployOf("a", "3");
    await changeRelease(store, next.change, { ...next.deployer, signer, keys });
    const back = { deployed: deployedBy(), signer, keys };
    await assert.rejects(rollbackTo(store, 1, back), { code: "ERR_RELEASE_SIGNATURE" });
    assert.equal((await rollbackTo(store, 2, back)).release.functions[0]?.number, 4);
  });

  test("signs anew what another key has signed, also where nothing else changes", async (t) => {
    const old = generateKeyPairSync("ed25519");
    const store = await storeWith(t, {});
    const { change, deployer } = deployOf("a", "1");
    const first = await changeRelease(store, change, { ...deployer, signer: old.privateKey });
    const both = { ...deployer, signer, keys: [publicKey, old.publicKey] };
    const again = await changeRelease(store, change, both);
    assert.deepEqual([again.changed, again.current.generation], [[], first.current.generation + 1]);
    assert.ok(isSignedBy(again.current, signer) && !isSignedBy(first.current, signer));
    assert.equal((await changeRelease(store, change, { ...both, keys })).current.generation, again.current.generation);
  });
});
