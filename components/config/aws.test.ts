import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { faults, legalAwsConfig, type legalConfig, problemsOf, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

/** A legal config with one change. */
function awsConfig(change: (raw: ReturnType<typeof legalConfig>) => void = () => {}) {
  const raw = legalAwsConfig();
  change(raw);
  return raw;
}

const TRUSTED = String(generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }));

const told = (change: (raw: ReturnType<typeof legalConfig>) => void) =>
  problemsOf(awsConfig(change)).map(({ key, problem }) => `${key.replace("edge-fleet:", "")}: ${problem}`);

describe("a fleet in the cloud", () => {
  it("needs its home and its certificate, and has defaults for the rest", () => {
    const { aws, local, regions } = parseFleetConfig(awsConfig(), TEST_CONTEXT);
    assert.equal(local, null);
    assert.deepEqual(
      { home: aws?.home, nat: aws?.nat, zones: aws?.zones, protect: aws?.protect, types: aws?.instances.types },
      { home: "us-east-1", nat: "single", zones: 2, protect: false, types: ["c8g.large", "c7g.large"] },
    );
    assert.deepEqual(regions[0]?.maxNodes, 2);
    assert.deepEqual(
      problemsOf(awsConfig((raw) => delete raw.aws)).map(({ key }) => key),
      ["edge-fleet:aws"],
    );
    assert.deepEqual(
      problemsOf(
        awsConfig((raw) => {
          raw.aws = {};
        }),
      ).map(({ key }) => key),
      ["edge-fleet:aws.certificateSecret", "edge-fleet:aws.home"],
    );
  });

  it("is protected in production", () => {
    const production = awsConfig((raw) => Object.assign(raw.aws as object, { production: true }));
    assert.equal(parseFleetConfig(production, TEST_CONTEXT).aws?.protect, true);
  });

  for (const [what, change, expected] of [
    ["a home that it does not have", { home: "eu-west-1" }, /aws\.home: is not a region of this stack/],
    ["a canary that it does not have", { rollout: { canary: "eu-west-1" } }, /aws\.rollout\.canary: is not a region/],
    [
      "a machine of another architecture",
      { instances: { types: ["c7g.large", "c7i.large"] } },
      /aws\.instances\.types\[1\]: is x86_64, and edge-fleet:aws\.architecture is arm64/,
    ],
    ["a hub of another architecture", { hub: { instanceType: "t3.large" } }, /aws\.hub\.instanceType: is x86_64/],
    ["a machine that nobody knows", { instances: { types: ["m1.small"] } }, /types\[0\]: is not an instance type/],
    ["no machine", { instances: { types: [] } }, /types: is empty/],
    ["public nodes in production", { production: true, nat: "none" }, /aws\.nat: gives nodes public addresses/],
    ["no protection in production", { production: true, protect: false }, /aws\.protect: leaves the fleet's data open/],
    ["one zone", { zones: 1 }, /aws\.zones: is below the floor of 2/],
    ["an image by a moving name", { machineImage: { serial: "current" } }, /serial: is not the serial of an image/],
    ["an image by its tag", { images: { runner: "v1" } }, /images\.runner: is not an image's digest/],
    [
      "a certificate that functions may read",
      { certificateSecret: "edge-fleet/local/certificate" },
      /aws\.certificateSecret: is a name that functions may read/,
    ],
    [
      "a release key that nodes may read",
      { releaseKey: { secret: "edge-fleet/local/release", trusted: TRUSTED } },
      /aws\.releaseKey\.secret: is a name that nodes may read/,
    ],
    [
      "a private key where the public one belongs",
      { releaseKey: { secret: "edge-release/local", trusted: "-----BEGIN PRIVATE KEY-----" } },
      /aws\.releaseKey\.trusted: is not one or more public Ed25519 keys/,
    ],
    ["a tag of Amazon's own", { tags: { "aws:x": "1" } }, /tags.*: is not the key of a tag/],
  ] as const) {
    it(`refuses ${what}`, () => {
      const problems = told((raw) => Object.assign(raw.aws as object, change));
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] as string, expected);
    });
  }

  it("refuses a machine that is too small for a node, with the numbers", () => {
    const problems = told((raw) => {
      Object.assign(raw.aws as object, { instances: { types: ["t4g.small"] } });
      raw.size = { cacheMb: 1024 };
    });
    assert.match(problems.join(), /types\[0\]: is too small for a node: 2048 MB leave 0 MB for 1 workers/);
  });

  it("refuses fewer nodes at most than at least", () => {
    const problems = told((raw) => Object.assign(raw.regions["us-east-1"] as object, { nodes: 4, maxNodes: 3 }));
    assert.deepEqual(problems, ["regions.us-east-1.maxNodes: is less than the region's nodes, 4"]);
  });

  it("retires a region only when nobody is sent there any more", () => {
    const retire = (change: object) => told((raw) => Object.assign(raw.regions["eu-central-1"] as object, change));
    assert.deepEqual(retire({ retire: true }), [
      "regions.eu-central-1.retire: is true, and the region still serves EU, AF",
    ]);
    assert.deepEqual(retire({ retire: true, continents: [] }), []);
  });

  it("has no addresses on this machine, and a local fleet nothing of the cloud's", () => {
    assert.match(
      told((raw) => Object.assign(raw.regions["us-east-1"] as object, { address: "127.0.1.1" })).join(),
      /address: is only for target local/,
    );
    assert.deepEqual(
      faults((raw) => {
        raw.aws = { home: "us-east-1", certificateSecret: "edge/test/certificate" };
        Object.assign(raw.regions["us-east-1"] as object, { maxNodes: 3, retire: false });
      }),
      [
        "aws: is only for target aws, and the target is local",
        "regions.us-east-1.maxNodes: is only for target aws, and the target is local",
        "regions.us-east-1.retire: is only for target aws, and the target is local",
      ],
    );
  });
});
