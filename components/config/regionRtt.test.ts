import assert from "node:assert/strict";
import { test } from "node:test";
import { regionsByRtt } from "./regionRtt.ts";
import { AWS_REGION_CODES } from "./regions.ts";

test("the order follows measured round trips, not distance on the globe", () => {
  assert.deepEqual(regionsByRtt("af-south-1", ["sa-east-1", "me-central-1", "eu-central-1", "af-south-1"]), [
    "eu-central-1",
    "me-central-1",
    "sa-east-1",
  ]);
  assert.deepEqual(regionsByRtt("me-central-1", ["eu-central-1", "ap-south-1"]), ["ap-south-1", "eu-central-1"]);
  assert.equal(regionsByRtt("ap-southeast-6", AWS_REGION_CODES)[0], "ap-southeast-2");
});

test("every region reaches every other, whatever the order they are given in", () => {
  for (const from of AWS_REGION_CODES) {
    const order = regionsByRtt(from, AWS_REGION_CODES);
    assert.deepEqual(
      order.toSorted(),
      AWS_REGION_CODES.filter((code) => code !== from),
    );
    assert.deepEqual(regionsByRtt(from, AWS_REGION_CODES.toReversed()), order);
  }
});

test("the first is the nearest of all regions", () => {
  assert.equal(regionsByRtt("us-east-1", AWS_REGION_CODES)[0], "us-east-2");
  assert.equal(regionsByRtt("eu-west-2", AWS_REGION_CODES)[0], "eu-west-3");
  assert.equal(regionsByRtt("ap-northeast-1", AWS_REGION_CODES)[0], "ap-northeast-3");
  assert.equal(regionsByRtt("ca-west-1", AWS_REGION_CODES)[0], "us-west-2");
});
