import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ipv6Subnet, planZones } from "./subnets.ts";

describe("a region's subnets", () => {
  it("stay where they are when a zone is added", () => {
    assert.deepEqual(planZones("10.18.0.0/16", 3).slice(0, 2), planZones("10.18.0.0/16", 2));
    assert.deepEqual(planZones("10.18.0.0/16", 2)[1], {
      public: { cidr: "10.18.16.0/20", ipv6Index: 1 },
      private: { cidr: "10.18.144.0/20", ipv6Index: 129 },
    });
  });

  it("have the numbered /64 of the network's IPv6 /56", () => {
    assert.equal(ipv6Subnet("2600:1f18:44:4200::/56", 0), "2600:1f18:44:4200::/64");
    assert.equal(ipv6Subnet("2600:1f18:44:4200::/56", 129), "2600:1f18:44:4281::/64");
    assert.equal(ipv6Subnet("2a05:d014:0:0100::/56", 255), "2a05:d014:0:1ff::/64");
    // Amazon writes groups of zeros as short as it can.
    assert.equal(ipv6Subnet("2600:1f18:44::/56", 1), "2600:1f18:44:1::/64");
  });

  for (const [network, index] of [
    ["2600:1f18:44:4200::/64", 0],
    ["10.0.0.0/16", 0],
    ["2600:1f18:44:4201::/56", 0],
    ["2600:1f18:44:4200::/56", 256],
    ["2600:1f18:44:4200::/56", -1],
    ["", 0],
  ] as const) {
    it(`refuses number ${index} of ${JSON.stringify(network)}`, () =>
      assert.throws(() => ipv6Subnet(network, index), RangeError));
  }
});
