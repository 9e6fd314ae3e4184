import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, setInRegion } from "./legalConfig.ts";

test("there is at least one region, and exactly one default", () => {
  assert.deepEqual(
    faults((raw) => (raw.regions = {})),
    ["regions: has no region"],
  );
  assert.deepEqual(
    faults((raw) => setInRegion(raw, "us-east-1", { default: false })),
    ["regions: has no default region"],
  );
  assert.deepEqual(
    faults((raw) => setInRegion(raw, "eu-central-1", { default: true })),
    ["regions.us-east-1.default: is true, and edge-fleet:regions.eu-central-1.default is too"],
  );
});

test("a default that cannot be read is not also missing", () => {
  assert.deepEqual(
    faults((raw) => setInRegion(raw, "us-east-1", { default: "yes" })),
    ["regions.us-east-1.default: is not true or false"],
  );
});

test("a country is claimed once, by its ISO code", () => {
  assert.deepEqual(
    faults((raw) => {
      setInRegion(raw, "eu-central-1", { countries: ["UK", "FR", "FR"] });
      setInRegion(raw, "ap-northeast-1", { countries: ["IN", false] });
      setInRegion(raw, "us-east-1", { countries: ["IN"] });
    }),
    [
      "regions.ap-northeast-1.countries[1]: is not text",
      "regions.eu-central-1.countries[0]: is not an ISO 3166-1 alpha-2 country code",
      "regions.us-east-1.countries: claims IN, which edge-fleet:regions.ap-northeast-1.countries claims too",
    ].toSpliced(1, 0, "regions.eu-central-1.countries: has an entry twice"),
  );
});

test("failover goes to other regions of the stack", () => {
  assert.deepEqual(
    faults((raw) => {
      setInRegion(raw, "us-east-1", { failover: ["us-east-1"] });
      setInRegion(raw, "eu-central-1", { failover: ["eu-west-1"] });
      setInRegion(raw, "ap-northeast-1", { failover: ["narnia"] });
    }),
    [
      "regions.ap-northeast-1.failover[0]: is not a known AWS region",
      "regions.eu-central-1.failover[0]: is not a region of this stack",
      "regions.us-east-1.failover[0]: is the region itself",
    ],
  );
});

test("networks are private, of a size that fits, and do not overlap", () => {
  assert.deepEqual(
    faults((raw) => {
      setInRegion(raw, "us-east-1", { cidr: "10.4.128.0/20" });
      setInRegion(raw, "eu-central-1", { cidr: "8.8.0.0/16" });
    }),
    [
      "regions.eu-central-1.cidr: is not a private IPv4 network of /16 to /24",
      "regions.us-east-1.cidr: overlaps 10.4.0.0/16, the network of ap-northeast-1",
    ],
  );
  for (const cidr of ["10.40.0.1/16", "10.32.0.0/11", "10.40.0.0/25", "fd00::/48", "10.40.0.0"]) {
    assert.equal(faults((raw) => setInRegion(raw, "us-east-1", { cidr })).length, 1, cidr);
  }
});
