import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, legalAwsConfig, problemsOf, setInRegion, TEST_CONTEXT } from "./legalConfig.ts";
import { nodeAddresses, nodeNames } from "./nodeAddresses.ts";
import { parseFleetConfig } from "./parse.ts";

test("local addresses are loopback and each has one owner", () => {
  assert.deepEqual(
    faults((raw) => {
      setInRegion(raw, "us-east-1", { address: "127.0.1.2" });
      setInRegion(raw, "ap-northeast-1", { address: "10.0.0.1" });
      raw.regions["eu-west-1"] = {};
      raw.local = { hubAddress: "::1" };
    }),
    [
      "local.hubAddress: is not an IPv4 loopback address",
      "regions.ap-northeast-1.address: is not an IPv4 loopback address",
      "regions.eu-west-1.address: is missing; with target local every region has an address of its own",
      "regions.us-east-1.address: is also edge-fleet:regions.eu-central-1.address",
    ],
  );
  assert.deepEqual(
    faults((raw) => (raw.local = { hubAddress: "127.0.1.1" })),
    ["regions.ap-northeast-1.address: is also edge-fleet:local.hubAddress"],
  );
});

test("every node of a region has an address of its own, counted on from the region's", () => {
  assert.deepEqual(nodeAddresses("127.0.1.3", 3), ["127.0.1.3", "127.1.1.3", "127.2.1.3"]);
  assert.deepEqual(nodeNames("us-east-1", 2), ["us-east-1", "us-east-1-2"]);
  assert.deepEqual(
    faults((raw) => {
      setInRegion(raw, "us-east-1", { nodes: 2, address: "127.255.1.3" });
      setInRegion(raw, "eu-central-1", { nodes: 3 });
      setInRegion(raw, "ap-northeast-1", { address: "127.2.1.2" });
    }),
    [
      "regions.eu-central-1.address: is also edge-fleet:regions.ap-northeast-1.address",
      "regions.us-east-1.nodes: is more than there are addresses for, counting on from 127.255.1.3 in its second number",
    ],
  );
  assert.deepEqual(
    faults((raw) => setInRegion(raw, "us-east-1", { nodes: 10 })),
    ["regions.us-east-1.nodes: is above the ceiling of 9"],
  );
});

test("ports that share an address differ, and others may be equal", () => {
  assert.deepEqual(
    faults((raw) => (raw.local = { ports: { agentAdmin: 9464, prometheus: 5300, dns: 5300, origin: 8443 } })),
    [
      "local.ports.agentAdmin: is also edge-fleet:local.ports.runnerAdmin",
      "local.ports.prometheus: is also edge-fleet:local.ports.dns",
    ],
  );
  assert.deepEqual(
    faults((raw) => (raw.local = { ports: { https: 0, http: 65_536, dns: 1.5, origin: "80" } })),
    [
      "local.ports.dns: is not a whole number",
      "local.ports.http: is above the ceiling of 65535",
      "local.ports.https: is below the floor of 1",
      "local.ports.origin: is not a number",
    ],
  );
});

test("the cloud target has no local keys", () => {
  const raw = legalAwsConfig();
  assert.equal(parseFleetConfig(raw, TEST_CONTEXT).local, null);
  assert.equal(parseFleetConfig(raw, TEST_CONTEXT).regions[0]?.address, null);
  raw.local = {};
  setInRegion(raw, "us-east-1", { address: "127.0.1.3" });
  assert.deepEqual(
    problemsOf(raw).map(({ key, problem }) => `${key} ${problem}`),
    [
      "edge-fleet:local is only for target local, and the target is aws",
      "edge-fleet:regions.us-east-1.address is only for target local, and the target is aws",
    ],
  );
});
