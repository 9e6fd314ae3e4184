import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionOf, releasedOf } from "../../release/fixtures.ts";
import type { ReleasedFunction, SplitReport } from "../../release/types.ts";
import { ArmCounter, type ArmCounts } from "../../traffic/armCounts.ts";
import { type GuardedSplit, guardedSplits, SplitJudge } from "./guardedSplits.ts";

const VERSIONS = { stable: "v1", candidate: "v2" };
const SPLIT: GuardedSplit = {
  name: "hello",
  at: "2026-01-02T03:04:05Z",
  versions: VERSIONS,
  guard: { errorRate: 0.01, p99: 2, minRequests: 100 },
};

function served(requests: number, failures: number): ArmCounts {
  const counter = new ArmCounter();
  for (let request = 0; request < requests; request++) counter.answered(5, request < failures);
  return counter.counts;
}

const counted = (stable: ArmCounts, candidate: ArmCounts) => ({ versions: VERSIONS, stable, candidate });
const report = (stable: ArmCounts, candidate: ArmCounts, more: Partial<SplitReport> = {}): SplitReport => ({
  ...counted(stable, candidate),
  at: SPLIT.at,
  condemned: null,
  ...more,
});
const judge = (own: ReturnType<typeof counted> | null, reports: Record<string, SplitReport> = {}) =>
  new SplitJudge().judge(SPLIT, own, new Map(Object.entries(reports)), "me");

describe("a split with a guard", () => {
  it("is judged by what all nodes have counted together", () => {
    const part = counted(served(500, 0), served(60, 20));
    assert.equal(judge(part), null, "too few alone");
    assert.match(judge(part, { other: report(served(500, 0), served(60, 20)) }) ?? "", /^40 of 120 requests failed/);
  });

  it("counts what this node has said of itself no second time", () => {
    const part = counted(served(500, 0), served(60, 20));
    assert.equal(judge(part, { me: report(part.stable, part.candidate) }), null);
  });

  it("is over for a node that another one, or its own past, says so to", () => {
    const over = report(served(0, 0), served(0, 0), { condemned: "because" });
    for (const node of ["other", "me"]) assert.equal(judge(null, { [node]: over }), "because");
  });

  it("is another split when it begins anew, or is between other versions", () => {
    const over = report(served(0, 0), served(0, 0), { condemned: "because" });
    assert.equal(judge(null, { other: { ...over, at: "2025-01-01T00:00:00Z" } }), null);
    assert.equal(judge(null, { other: { ...over, versions: { stable: "v0", candidate: "v2" } } }), null);
    const others = report(served(5_000, 0), served(500, 500), { versions: { stable: "v1", candidate: "v3" } });
    assert.equal(judge(counted(served(500, 0), served(50, 0)), { other: others }), null);
  });

  it("is judged once at each look, so that luck has no second chance", () => {
    const judging = new SplitJudge();
    assert.equal(judging.judge(SPLIT, counted(served(1_000, 0), served(120, 0)), new Map(), "me"), null);
    const later = counted(served(1_000, 0), served(150, 60));
    assert.equal(judging.judge(SPLIT, later, new Map(), "me"), null, "the same look");
    assert.notEqual(judging.judge(SPLIT, counted(served(1_000, 0), served(200, 60)), new Map(), "me"), null);
  });
});

it("nodes have the splits of their regions that have a guard", () => {
  const [known] = releasedOf([functionOf("hello", "export default {}").manifest]) as [ReleasedFunction];
  const candidate = { number: 2, manifest: functionOf("hello", "export default { }").manifest, percent: 10 };
  const names = (more: Partial<ReleasedFunction>) =>
    guardedSplits([{ ...known, ...more }], "eu").map(({ name }) => name);
  const { guard } = SPLIT;
  assert.deepEqual(names({}), []);
  assert.deepEqual(names({ split: { ...candidate, guard: null } }), []);
  assert.deepEqual(names({ split: { ...candidate, guard } }), ["hello"]);
  const elsewhere = { ...candidate.manifest, regions: ["us"] };
  assert.deepEqual(names({ split: { ...candidate, manifest: elsewhere, guard } }), []);
});
