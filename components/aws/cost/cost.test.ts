import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { legalAwsConfig, TEST_CONTEXT } from "../../config/legalConfig.ts";
import { parseFleetConfig } from "../../config/parse.ts";
import { fleetCost } from "./cost.ts";
import { instanceHour, PRICES } from "./prices.ts";

function fleet(change: object = {}) {
  const raw = legalAwsConfig();
  Object.assign(raw.aws as object, { instances: { types: ["t4g.large"] } }, change);
  const { aws, regions } = parseFleetConfig(raw, TEST_CONTEXT);
  assert.ok(aws !== null);
  return { aws, regions };
}

const partsOf = (change: object, region: string) =>
  fleetCost(fleet(change)).regions.find((cost) => cost.region === region)?.parts ?? {};

describe("what a fleet costs", () => {
  it("is the quantities times the prices, by region and part", () => {
    const parts = partsOf({}, "us-east-1");
    // One t4g.large, 32 GB; two addresses of the load balancer and one of the NAT gateway.
    assert.deepEqual(parts.nodes, { dollars: 49.06, source: "copy" });
    assert.deepEqual(parts.volumes, { dollars: 2.56, source: "list" });
    assert.deepEqual(parts.addresses, { dollars: 10.95, source: "list" });
    assert.deepEqual(parts.nat, { dollars: 33.75, source: "list" });
    // 500 GB out at 0.09, half of them twice between zones at 0.01.
    assert.deepEqual(parts["traffic out"], { dollars: 45, source: "list" });
    // Seven figures of the machine and two of the group, its 43,800 calls, seven figures that alarms look at.
    assert.deepEqual(parts.monitoring, { dollars: 3.84, source: "memory" });
    assert.deepEqual(parts.secrets, { dollars: 1.2, source: "copy" });
    assert.deepEqual(parts["between zones"], { dollars: 5, source: "list" });
  });

  it("says of each part what its weakest price is from", () => {
    assert.equal(partsOf({}, "us-east-1")["load balancer"]?.source, "memory");
    assert.equal(partsOf({}, "ap-northeast-1").volumes?.source, "memory");
  });

  it("guesses nothing where a price was not found: the part is unknown, and the sum is without it", () => {
    const { regions, isWhole, known } = fleetCost(fleet());
    const tokyo = regions.find(({ region }) => region === "ap-northeast-1");
    assert.deepEqual(tokyo?.parts.monitoring, { dollars: null, source: null });
    assert.ok(tokyo?.unknown.includes("monitoring"));
    assert.equal(isWhole, false);
    assert.equal(known, Math.round(regions.reduce((sum, region) => sum + region.known, 0) * 100) / 100);
  });

  it("follows the ways out: addresses of nodes, one gateway, one in each zone", () => {
    const addresses = (change: object) => partsOf(change, "us-east-1").addresses?.dollars;
    assert.equal(partsOf({ nat: "none" }, "us-east-1").nat, undefined);
    assert.equal(addresses({ nat: "none" }), 10.95);
    assert.equal(addresses({ nat: "per-zone", zones: 3 }), 21.9);
    assert.equal(partsOf({ nat: "per-zone", zones: 3 }, "us-east-1").nat?.dollars, 99.45);
  });

  it("has the hub at home alone, and flow logs where they are written", () => {
    const change = { hub: {}, flowLogs: false };
    assert.equal(partsOf(change, "us-east-1").hub?.dollars, 62.06);
    assert.equal(partsOf(change, "eu-central-1").hub, undefined);
    assert.equal(partsOf(change, "us-east-1")["flow logs"], undefined);
  });

  it("knows a machine's price by its family and size", () => {
    const prices = PRICES["us-east-1"];
    assert.equal(instanceHour(prices, "c7g.2xlarge")?.dollars, 0.29);
    assert.equal(instanceHour(prices, "t4g.small")?.dollars, 0.0168);
    assert.equal(instanceHour(prices, "c7i.large"), undefined);
    assert.equal(instanceHour(PRICES["eu-south-2"], "t4g.small"), undefined);
  });
});
