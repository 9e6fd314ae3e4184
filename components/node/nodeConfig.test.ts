import assert from "node:assert/strict";
import { test } from "node:test";
import { legalConfig, setInRegion, TEST_CONTEXT } from "../config/legalConfig.ts";
import { parseFleetConfig } from "../config/parse.ts";
import { localNodes, nodeConfig } from "./nodeConfig.ts";

const raw = legalConfig();
setInRegion(raw, "us-east-1", { nodes: 3, failover: ["ap-northeast-1"] });
raw.origins = { site: { host: "10.0.0.7", port: 80, serves: ["www.example.com"], shield: "us-east-1" } };
const FLEET = parseFleetConfig(raw, TEST_CONTEXT);
const region = (name: string) => FLEET.regions.find((found) => found.name === name) ?? assert.fail(name);

test("a node knows the others of its region, beginning with the one after it", () => {
  const virginia = region("us-east-1");
  assert.deepEqual(localNodes(virginia), [
    { name: "us-east-1", address: "127.0.1.3" },
    { name: "us-east-1-2", address: "127.1.1.3" },
    { name: "us-east-1-3", address: "127.2.1.3" },
  ]);
  const second = nodeConfig(FLEET, virginia, 1);
  assert.equal(second.name, "us-east-1-2");
  assert.equal(second.address, "127.1.1.3");
  assert.deepEqual(
    second.siblings.map(({ name }) => name),
    ["us-east-1-3", "us-east-1"],
  );
  assert.deepEqual(nodeConfig(FLEET, region("eu-central-1"), 0).siblings, []);
});

test("it knows the regions that answer for its own by their public names, and the fleet's DNS", () => {
  const node = nodeConfig(FLEET, region("us-east-1"), 0);
  assert.deepEqual(node.regions, [{ name: "ap-northeast-1", host: "ap-northeast-1.geo.edge.test" }]);
  assert.deepEqual(node.resolver, { address: "127.0.1.254", port: 5300 });
});

test("the shield asks the origin itself, all others ask the shield", () => {
  assert.equal(nodeConfig(FLEET, region("us-east-1"), 0).origins[0]?.shield, null);
  assert.equal(nodeConfig(FLEET, region("eu-central-1"), 0).origins[0]?.shield, "us-east-1");
});
