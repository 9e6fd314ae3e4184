/** Reads of a store in S3 with a replica nearby: what is whole there comes from there, everything else from home. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { contentOf, publishRelease } from "../../runner/release/fixtures.ts";
import { contentsOf, readRelease } from "../../runner/release/manifest.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { withCode } from "../../runner/release/storeContract.ts";
import type { Fault, FaultProxy } from "./faultProxy.ts";
import { s3Fixture } from "./s3Fixture.ts";

const { moto, home, replica, address } = s3Fixture();
beforeEach(() => {
  for (const proxy of [home, replica]) proxy.fault = () => null;
});

const immutableReads = ({ seen }: FaultProxy) =>
  seen.filter(({ method, path }) => method === "GET" && /\/(modules|releases)\//.test(path)).length;

/** A release in a home bucket, copied to a replica's, and how a node reads it. */
async function replicated() {
  const [bucket, copy] = [await moto.bucket(), await moto.bucket()];
  const misses: string[] = [];
  const onReplicaMiss = (why: string) => misses.push(why);
  const store = await openStore(address(bucket), { replicas: [address(copy, replica)], onReplicaMiss });
  const { current } = await publishRelease(store, contentOf({ a: "export default {}", b: "// b" }));
  for (const key of await moto.keys(bucket, "fleet/a/")) await moto.copy(bucket, copy, key);
  const readAll = async () => {
    for (const proxy of [home, replica]) proxy.seen.length = 0;
    misses.length = 0;
    const release = readRelease(current, await store.readRelease(current.release, current.sha256));
    for (const ref of contentsOf(release.functions.map(({ manifest }) => manifest))) await store.readModule(ref);
    return { home: immutableReads(home), replica: immutableReads(replica), misses: [...misses] };
  };
  return { store, bucket, copy, current, readAll };
}

describe("a store in S3 with a replica", () => {
  test("reads what is whole there, and nothing of it from home", async () => {
    const { readAll } = await replicated();
    assert.deepEqual(await readAll(), { home: 0, replica: 3, misses: [] });
  });

  test("never asks it for the pointer, acks, leases and the log", async () => {
    const { store } = await replicated();
    replica.seen.length = 0;
    await store.readCurrent();
    await store.currentStamp();
    await store.readAcks();
    await store.readLease("job");
    await store.newestControl();
    await store.readRelease(1);
    assert.equal(replica.seen.length, 0);
  });

  for (const [what, fault, why] of [
    ["lacks the newest objects", { kind: "status", status: 404, code: "NoSuchKey" }, "absent"],
    ["has half of each", { kind: "truncated" }, "damaged"],
  ] as const) {
    test(`that ${what} is asked, and home after it`, async () => {
      const { readAll } = await replicated();
      replica.fault = () => fault;
      assert.deepEqual(await readAll(), { home: 3, replica: 3, misses: [why, why, why] });
    });
  }

  for (const [what, fault] of Object.entries<Fault>({
    "is busy": { kind: "status", status: 503, code: "SlowDown" },
    "takes no connection": { kind: "refused" },
    "breaks off": { kind: "cut" },
    "may not be read": { kind: "status", status: 403, code: "AccessDenied" },
    "never answers": { kind: "silent" },
  })) {
    test(`that ${what} is asked once, then left alone for a while`, async () => {
      const { readAll } = await replicated();
      replica.fault = () => fault;
      assert.deepEqual(await readAll(), { home: 3, replica: 1, misses: ["away"] });
    });
  }

  test("believes no replica that has other bytes than the hash says", async () => {
    const { copy, readAll } = await replicated();
    for (const key of await moto.keys(copy, "fleet/a/")) await moto.put(copy, key, "something else");
    assert.deepEqual((await readAll()).misses, ["damaged", "damaged", "damaged"]);
  });

  test("says that an object is missing where neither has it, and that home is away where the replica has it not", async () => {
    const { store } = await replicated();
    const ref = { name: "index.mjs", sha256: "0".repeat(64), bytes: 1 };
    await assert.rejects(store.readModule(ref), withCode("ERR_RELEASE_MISSING"));
    home.fault = () => ({ kind: "refused" });
    await assert.rejects(store.readModule(ref), withCode("ERR_RELEASE_STORE"));
  });

  test("reads releases while home is away, and nothing that changes", async () => {
    const { store, readAll } = await replicated();
    home.fault = () => ({ kind: "refused" });
    assert.deepEqual(await readAll(), { home: 0, replica: 3, misses: [] });
    await assert.rejects(store.currentStamp(), withCode("ERR_RELEASE_STORE"));
  });
});
