import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAccountConfig } from "./account.ts";
import { ConfigError } from "./problems.ts";

const LEGAL = {
  target: "account",
  account: { home: "us-east-1", regions: ["us-east-1", "eu-central-1"], stateBucket: "acme-edge-state" },
};

function told(change: object): string[] {
  try {
    parseAccountConfig({ ...LEGAL, account: { ...LEGAL.account, ...change } }, { stack: "bootstrap" });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ key, problem }) => `${key}: ${problem}`);
    throw error;
  }
}

describe("what is one per account", () => {
  it("needs its home, its regions and the state's bucket", () => {
    assert.deepEqual(parseAccountConfig(LEGAL, { stack: "bootstrap" }), { id: null, tags: {}, ...LEGAL.account });
    assert.deepEqual(told({ home: undefined, regions: undefined, stateBucket: undefined }), [
      "edge-fleet:account.home: is missing",
      "edge-fleet:account.regions: is missing",
      "edge-fleet:account.stateBucket: is missing",
    ]);
  });

  for (const [what, change, expected] of [
    ["a home that it does not have", { home: "eu-west-1" }, /account\.home: is not among edge-fleet:account\.regions$/],
    ["a repository with a wildcard", { github: { repository: "acme/*" } }, /repository: is not the name of a rep/],
    [
      "an environment with a wildcard",
      { github: { repository: "acme/edge", environment: "*" } },
      /environment: is not the name of an environment/,
    ],
    [
      "a secret that registries cannot read",
      { dockerHubSecret: "hub" },
      /dockerHubSecret: is not the name of a secret/,
    ],
    ["a bucket that cannot be", { stateBucket: "State" }, /stateBucket: is not the name of a bucket/],
    ["a bucket among fleets' own", { stateBucket: "edge-state" }, /stateBucket: is not the name of a bucket/],
    ["another kind of account", { id: "12" }, /account\.id: is not the number of an AWS account/],
    ["a key that nobody knows", { buckets: [] }, /account\.buckets: is not a known key/],
  ] as const) {
    it(`refuses ${what}`, () => {
      const problems = told(change);
      assert.equal(problems.length, 1, problems.join("\n"));
      assert.match(problems[0] as string, expected);
    });
  }

  it("has none of a fleet's keys", () => {
    assert.throws(() => parseAccountConfig({ ...LEGAL, domain: "edge.test" }, { stack: "bootstrap" }), {
      message: /edge-fleet:domain .*is not a known key/s,
    });
  });
});
