import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { RegionConfig } from "../../components/config/fleetConfig.ts";
import { betterFailover, unifiedDiff, withFailover } from "./suggestion.ts";

const region = (name: string, failover: readonly string[]): RegionConfig => ({
  name,
  failover,
  cidr: "",
  nodes: 1,
  maxNodes: 1,
  retire: false,
  address: null,
});
const trips = (row: Readonly<Record<string, number | null>>) => new Map([["a", new Map(Object.entries(row))]]);

describe("regions that stand in for one", () => {
  it("are put nearest first where one is further away than a later one", () => {
    const better = betterFailover([region("a", ["b", "c", "d"])], trips({ b: 200, c: 90, d: 40 }));
    assert.deepEqual([...better], [["a", ["d", "c", "b"]]]);
  });

  it("stay where the difference is noise, and those without an answer are last", () => {
    assert.equal(betterFailover([region("a", ["b", "c"])], trips({ b: 0.3, c: 0.1 })).size, 0);
    assert.equal(betterFailover([region("a", ["b", "c"])], trips({ b: 104, c: 100 })).size, 0);
    assert.equal(betterFailover([region("a", ["b", "c"])], trips({ b: 10, c: null })).size, 0);
    const better = betterFailover([region("a", ["b", "c"])], trips({ b: null, c: 10 }));
    assert.deepEqual(better.get("a"), ["c", "b"]);
  });
});

const STACK = `# Our fleet.
config:
  edge-fleet:domain: edge.test # ours
  edge-fleet:regions:
    eu-central-1:
      continents: [EU, AF]
      address: 127.0.1.2
    us-east-1: { continents: [NA], default: true, address: 127.0.1.3 }
    sa-east-1:
      failover: [ eu-central-1,  us-east-1 ] # as it is
      address: 127.0.1.4
  edge-fleet:functions:
    proxy:
      env:
        ORIGIN: "http://127.0.1.254:9900"
`;

describe("the change of a stack's file", () => {
  it("has the new orders and nothing else", () => {
    const orders = new Map([
      ["eu-central-1", ["us-east-1", "ap-northeast-1"]],
      ["us-east-1", ["eu-central-1"]],
      ["sa-east-1", ["us-east-1", "eu-central-1"]],
    ]);
    assert.equal(
      withFailover(STACK, orders),
      STACK.replace("      continents: [EU", "      failover: [us-east-1, ap-northeast-1]\n      continents: [EU")
        .replace("address: 127.0.1.3 }", "address: 127.0.1.3, failover: [eu-central-1] }")
        .replace("[ eu-central-1,  us-east-1 ]", "[us-east-1, eu-central-1]"),
    );
  });

  it("is a diff that git applies, with several places in it", () => {
    const before = Array.from({ length: 40 }, (_, index) => `line ${index}`).join("\n");
    const after = before.replace("line 2\n", "").replace("line 20\n", "line 20\nnew\n").replace("line 39", "last");
    const change = unifiedDiff("a.txt", `${before}\n`, `${after}\n`);
    assert.equal(change.match(/^@@/gm)?.length, 3);
    const dir = mkdtempSync(join(tmpdir(), "edge-diff-"));
    writeFileSync(join(dir, "a.txt"), `${before}\n`);
    const { stderr } = spawnSync("git", ["apply", "-"], { cwd: dir, input: `${change}\n`, encoding: "utf8" });
    assert.equal(stderr, "");
    assert.equal(readFileSync(join(dir, "a.txt"), "utf8"), `${after}\n`);
    rmSync(dir, { recursive: true });
    assert.equal(unifiedDiff("a.txt", before, before), "");
  });
});
