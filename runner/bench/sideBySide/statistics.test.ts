import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { zipf } from "./measures/warmRatio.ts";
import { pairedRatio, spreadOf } from "./statistics.ts";

describe("figures of all rounds", () => {
  it("are told by least, middle and most", () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { min: 1, median: 2, max: 3 });
    assert.deepEqual(spreadOf([4, 1, 2, 3]), { min: 1, median: 2.5, max: 4 });
    assert.throws(() => spreadOf([]), RangeError);
  });

  it("are compared round by round: a slow minute that both had changes nothing", () => {
    assert.equal(pairedRatio([10, 1, 10], [5, 0.5, 5]), 2);
  });
});

describe("a load by Zipf's law", () => {
  it("asks for the n-th function 1/n as often as for the first, and always the same", () => {
    const load = zipf(500, 100_000);
    const times = (wanted: number) => load.filter((tenant) => tenant === wanted).length;
    assert.ok(Math.abs(times(0) / times(1) - 2) < 0.2, `${times(0)} and ${times(1)}`);
    assert.ok(Math.abs(times(0) / times(9) - 10) < 1.5, `${times(0)} and ${times(9)}`);
    assert.ok(load.every((tenant) => tenant >= 0 && tenant < 500));
    assert.deepEqual(load, zipf(500, 100_000));
  });
});
