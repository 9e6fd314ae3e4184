import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, legalConfig, problemsOf, setInRegion, TEST_CONTEXT } from "./legalConfig.ts";
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
  const raw = legalConfig();
  raw.target = "aws";
  for (const region of Object.values(raw.regions)) delete region.address;
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
