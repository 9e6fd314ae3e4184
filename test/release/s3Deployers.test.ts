/** Deployers who meet on a store in S3, and what is left when old releases go. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { changeRelease } from "../../runner/release/changeRelease.ts";
import { contentOf, deployedBy, functionOf, publishRelease } from "../../runner/release/fixtures.ts";
import { collectGarbage } from "../../runner/release/garbage.ts";
import { contentsOf, readRelease } from "../../runner/release/manifest.ts";
import { openStore } from "../../runner/release/openStore.ts";
import type { ReleaseStore } from "../../runner/release/store.ts";
import { deployStable } from "../../runner/release/tableChanges.ts";
import type { Release } from "../../runner/release/types.ts";
import { mulberry32, s3Fixture } from "./s3Fixture.ts";

const { moto, home, address } = s3Fixture();

function deploy(store: ReleaseStore, name: string, source: string) {
  const { manifest, bytes } = functionOf(name, source);
  const deployed = deployedBy(name, `deploy ${source}`);
  const change = deployStable(manifest, { owner: "command", deployed });
  return changeRelease(store, change, { deployed, modules: () => bytes });
}

test("two deployers of different functions both come to pass, 12 rounds, a twentieth of all calls failing", async (t) => {
  const bucket = await moto.bucket();
  const alice = await openStore(address(bucket));
  const bob = await openStore(address(bucket));
  await publishRelease(alice, contentOf({ a: "0", b: "0" }));
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`seed ${seed}`);
  const random = mulberry32(seed);
  /** Requests for an object that still pass after one that failed: of a call's three attempts one has to. */
  const passing = new Map<string, number>();
  home.fault = ({ method, path }) => {
    const object = `${method} ${path}`;
    const left = passing.get(object) ?? 0;
    if (left > 0) passing.set(object, left - 1);
    if (left > 0 || random() >= 0.05) return null;
    passing.set(object, 4);
    return random() < 0.5 ? { kind: "answerLost" } : { kind: "status", status: 503, code: "SlowDown" };
  };
  for (let round = 1; round <= 12; round++) {
    await Promise.all([deploy(alice, "a", `a${round}`), deploy(bob, "b", `b${round}`)]);
    const { current } = (await alice.readCurrent()) ?? assert.fail("no pointer");
    const { functions } = readRelease(current, await alice.readRelease(current.release, current.sha256));
    const reasons = functions.map(({ deployed }) => deployed.reason);
    assert.deepEqual(reasons, [`deploy a${round}`, `deploy b${round}`]);
    assert.equal(current.generation, 1 + 2 * round);
  }
  home.fault = () => null;
});

test("old releases and modules that nobody needs go, and what is kept is whole", async () => {
  const store = await openStore(address(await moto.bucket()));
  for (let n = 1; n <= 8; n++) await publishRelease(store, contentOf({ a: `${n}`, b: "the same" }));
  const listed = store.listStored.bind(store);
  // What is young is left alone: a deployer may be at work.
  assert.deepEqual((await collectGarbage(store, { keep: 2 })).releases, []);
  store.listStored = async (kind) => (await listed(kind)).map(({ name }) => ({ name, ageMs: 1e12 }));
  const removed = await collectGarbage(store, { keep: 2 });
  assert.deepEqual(removed.releases.toSorted(), ["1", "2", "3", "4", "5", "6"]);
  assert.equal(removed.modules.length, 1, "five former versions can still be looked at");
  for (const release of [7, 8]) {
    const { functions }: Release = JSON.parse((await store.readRelease(release)).toString());
    const manifests = functions.flatMap(({ manifest, previews }) => [manifest, ...previews.map((one) => one.manifest)]);
    for (const ref of contentsOf(manifests)) assert.ok(await store.hasModule(ref));
  }
});
