import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "./openStore.ts";
import { parseStoreAddress, s3Place } from "./storeAddress.ts";

test("an address names a folder or a bucket", () => {
  assert.deepEqual(parseStoreAddress("file:/var/lib/edge store"), { kind: "folder", path: "/var/lib/edge store" });
  assert.deepEqual(parseStoreAddress("file:.edge/state/store"), { kind: "folder", path: ".edge/state/store" });
  const place = { kind: "s3", bucket: "edge-releases", region: "eu-central-1", endpoint: null };
  for (const [address, prefix] of [
    ["s3://edge-releases?region=eu-central-1", ""],
    ["s3://edge-releases/?region=eu-central-1", ""],
    ["s3://edge-releases/prod?region=eu-central-1", "prod/"],
    ["s3://edge-releases/fleets/prod/?region=eu-central-1", "fleets/prod/"],
  ] as const) {
    assert.deepEqual(parseStoreAddress(address), { ...place, prefix });
  }
  assert.equal(s3Place("s3://edge?region=us-east-1&endpoint=http://127.0.0.1:5000").endpoint, "http://127.0.0.1:5000");
});

test("what is wrong with an address is said, with what to write", () => {
  for (const [address, fault] of [
    ["", /is of no kind that is known/],
    ["/var/lib/store", /is of no kind that is known; write file:<folder> or s3:/],
    ["file:", /names no folder/],
    ["file:///var", /names no folder/],
    ["s3://Bad_Bucket/x?region=eu-central-1", /bucket's name/],
    ["s3://with.dots/x?region=eu-central-1", /bucket's name/],
    ["s3://edge/a b?region=eu-central-1", /for a prefix/],
    ["s3://edge/x", /has "" for a region, such as eu-central-1/],
    ["s3://edge/x?region=europe", /has "europe" for a region/],
    ["s3://edge/x?region=eu-central-1&acl=public", /has more than .*: acl/],
    ["s3://user@edge/x?region=eu-central-1", /has more than/],
    ["s3://edge/x?region=eu-central-1&endpoint=127.0.0.1", /for an endpoint/],
  ] as const) {
    assert.throws(() => parseStoreAddress(address), fault, address);
  }
});

test("only buckets have replicas, and only buckets are some", async () => {
  const bucket = "s3://edge/x?region=eu-central-1";
  await assert.rejects(openStore("file:/store", { replicas: [bucket] }), /is a folder, which has no replicas/);
  await assert.rejects(openStore(bucket, { replicas: ["file:/store"] }), /only s3:\/\/ buckets can be replicas/);
});
