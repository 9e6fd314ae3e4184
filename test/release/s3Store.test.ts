/** The store in S3, against a moto server: what every store does, and what only S3 has. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inParallel } from "../../runner/inParallel.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { describeStore, pointer, withCode } from "../../runner/release/storeContract.ts";
import { s3Fixture } from "./s3Fixture.ts";

const { moto, home, address } = s3Fixture();

describeStore("a store in S3 does what every store does", async () => {
  const bucket = await moto.bucket();
  const stores = await Promise.all(Array.from({ length: 20 }, () => openStore(address(bucket))));
  const [store, ...others] = stores as [(typeof stores)[0]];
  return {
    store,
    again: () => others.pop() ?? store,
    away: await openStore(address("bucket-away")),
    write: (name, bytes) => moto.put(bucket, `fleet/a/${name}`, bytes),
    remove: (name) => moto.remove(bucket, `fleet/a/${name}`),
    names: async (folder) =>
      (await moto.keys(bucket, `fleet/a/${folder}/`)).map((key) => key.slice(`fleet/a/${folder}/`.length)),
  };
});

describe("a store in S3", () => {
  test("says which bucket it lacks and what to do", async () => {
    const away = await openStore(address("bucket-away"));
    await assert.rejects(away.readCurrent(), withCode("ERR_RELEASE_STORE", /bucket-away.*404 NoSuchBucket.*make it/));
    await assert.rejects(away.newestRelease(), withCode("ERR_RELEASE_STORE", /bucket-away/));
    await assert.rejects(away.writeRelease(1, Buffer.from("x")), withCode("ERR_RELEASE_STORE", /NoSuchBucket/));
  });

  test("asks once per look at the pointer, and an unchanged one is not sent again", async () => {
    const bucket = await moto.bucket();
    const store = await openStore(address(bucket));
    await store.compareAndSwapCurrent(null, pointer(1));
    const { etag } = (await store.readCurrent()) ?? {};
    home.seen.length = 0;
    assert.equal(await store.currentStamp(), etag);
    assert.deepEqual(
      home.seen.map(({ method, headers }) => [method, headers["if-none-match"]]),
      [["GET", etag]],
    );
  });

  test("lists more than a page, and reads acks again only when they changed", async () => {
    const bucket = await moto.bucket();
    const store = await openStore(address(bucket));
    const numbers = Array.from({ length: 1_005 }, (_, n) => n + 1);
    await inParallel(numbers, 16, (n) => moto.put(bucket, `fleet/a/releases/${n}.json`, "x"));
    assert.equal(await store.newestRelease(), 1_005);
    const ack = { region: "r", generation: 1, release: 1, at: "now", functions: {}, control: 0, refused: null };
    for (const node of ["n1", "n2", "n3"]) await store.writeAck({ node, ...ack });
    assert.equal((await store.readAcks()).size, 3);
    await store.writeAck({ node: "n2", ...ack, generation: 2 });
    home.seen.length = 0;
    assert.equal((await store.readAcks()).get("n2")?.generation, 2);
    assert.equal(home.seen.length, 2, "the list, and the one that changed");
  });
});
