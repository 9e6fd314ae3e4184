import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ArmCounter, type ArmCounts, sumOf } from "./armCounts.ts";
import { ALPHA, condemn, lookOf } from "./splitJudge.ts";

const GUARD = { errorRate: 0.01, p99: 1.5, minRequests: 500 };

/** mulberry32: the same numbers in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Behaviour {
  readonly failureRate: number;
  /** Median latency; a fiftieth of the requests takes five times as long. */
  readonly ms: number;
}

function serve(counter: ArmCounter, requests: number, { failureRate, ms }: Behaviour, random: () => number): void {
  for (let request = 0; request < requests; request++) {
    const tookMs = ms * (0.5 + random()) * (random() < 0.02 ? 5 : 1);
    counter.answered(tookMs, random() < failureRate);
  }
}

/** Runs one split until its candidate is condemned or has answered 8,000 requests; the stable version has nine times as many. */
function run(
  stable: Behaviour,
  candidate: Behaviour,
  random: () => number,
): { reason: string | null; requests: number } {
  const [ours, theirs] = [new ArmCounter(), new ArmCounter()];
  let judged = 0;
  while (ours.counts.requests < 8_000) {
    serve(ours, 100, candidate, random);
    serve(theirs, 900, stable, random);
    const look = lookOf(ours.counts.requests, GUARD.minRequests);
    if (look === judged) continue;
    judged = look;
    const reason = condemn(theirs.counts, ours.counts, GUARD, look);
    if (reason !== null) return { reason, requests: ours.counts.requests };
  }
  return { reason: null, requests: ours.counts.requests };
}

function condemned(stable: Behaviour, candidate: Behaviour, splits: number): { share: number; atFirst: number } {
  const random = seeded(7);
  const runs = Array.from({ length: splits }, () => run(stable, candidate, random));
  const bad = runs.filter(({ reason }) => reason !== null);
  return {
    share: bad.length / splits,
    atFirst: bad.filter(({ requests }) => requests <= GUARD.minRequests).length / splits,
  };
}

describe("a candidate is judged", () => {
  const quiet = { failureRate: 0.002, ms: 20 };

  it("as good where it is: of splits without a difference hardly one ends", () => {
    assert.ok(condemned(quiet, quiet, 100).share <= ALPHA);
  });

  it("within its bounds where it is worse by just as much as it may be", () => {
    assert.ok(condemned(quiet, { failureRate: 0.012, ms: 20 }, 100).share <= 2 * ALPHA);
  });

  it("bad at the first look where five requests of a hundred fail", () => {
    assert.ok(condemned(quiet, { failureRate: 0.05, ms: 20 }, 40).atFirst >= 0.95);
  });

  it("bad by its fifth look where it is three times as slow, and at the first where it is ten times", () => {
    assert.ok(condemned(quiet, { failureRate: 0.002, ms: 60 }, 40).share >= 0.95);
    assert.ok(condemned(quiet, { failureRate: 0.002, ms: 200 }, 40).atFirst >= 0.95);
  });

  it("bad with the numbers in words", () => {
    const stable = fixed(9_000, 9, 20);
    const failing = condemn(stable, fixed(1_000, 100, 20), GUARD, 1) ?? "";
    assert.match(
      failing,
      /^100 of 1000 requests failed \(10 %\), of the stable version 9 of 9000 \(0.1 %\); the bound is 1 % more$/,
    );
    assert.match(
      condemn(stable, fixed(1_000, 1, 200), GUARD, 1) ?? "",
      /99th percentile of 1000 requests is 2\d\d\.?\d* ms.*the bound is 1.5 times that/,
    );
  });

  it("not at all before it has enough requests, or where the stable version has none to compare with", () => {
    assert.equal(lookOf(499, 500), 0);
    assert.deepEqual(
      [500, 999, 1_000, 2_000].map((requests) => lookOf(requests, 500)),
      [1, 1, 2, 3],
    );
    assert.equal(condemn(fixed(9_000, 0, 20), fixed(400, 400, 20), GUARD, 0), null);
    assert.equal(condemn(fixed(0, 0, 20), fixed(500, 500, 20), GUARD, 1), null);
  });

  it("by failures alone while the stable version has too few requests to know its 99th percentile", () => {
    assert.equal(condemn(fixed(300, 0, 20), fixed(500, 0, 2_000), GUARD, 1), null);
    assert.notEqual(condemn(fixed(300, 0, 20), fixed(500, 100, 20), GUARD, 1), null);
  });
});

it("counts of several nodes add up", () => {
  const both = sumOf([fixed(10, 1, 5), fixed(20, 2, 5_000)]);
  assert.deepEqual([both.requests, both.failures, both.latencies.reduce((sum, count) => sum + count)], [30, 3, 30]);
});

function fixed(requests: number, failures: number, ms: number): ArmCounts {
  const counter = new ArmCounter();
  for (let request = 0; request < requests; request++) counter.answered(ms, request < failures);
  return counter.counts;
}
