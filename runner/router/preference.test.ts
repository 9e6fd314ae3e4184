import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { preferenceOf } from "./preference.ts";

const NAMES = Array.from({ length: 2_000 }, (_, index) => `function-${index}`);

describe("the order of a function's positions", () => {
  it("names each position once, and is always the same", () => {
    for (const name of NAMES.slice(0, 50)) {
      assert.deepEqual([...preferenceOf(name, 5)].sort(), [0, 1, 2, 3, 4]);
      assert.deepEqual(preferenceOf(name, 5), preferenceOf(name, 5));
    }
  });

  it("spreads functions evenly, and those of a lost position over all others", () => {
    for (const positions of [2, 4, 7]) {
      const first = new Array(positions).fill(0);
      const second = new Array(positions).fill(0);
      for (const name of NAMES) {
        const [a, b] = preferenceOf(name, positions) as [number, number];
        first[a]++;
        if (a === 0) second[b]++;
      }
      for (const count of first) assert.ok(Math.abs(count / (NAMES.length / positions) - 1) < 0.2, `${first}`);
      const others = second.slice(1);
      for (const count of others) assert.ok(Math.abs(count / (first[0] / (positions - 1)) - 1) < 0.6, `${second}`);
    }
  });

  it("moves only what it must when there is one position more", () => {
    const moved = NAMES.filter((name) => {
      const [before] = preferenceOf(name, 4);
      const [now] = preferenceOf(name, 5);
      assert.ok(now === before || now === 4);
      return now !== before;
    });
    assert.ok(Math.abs(moved.length / NAMES.length - 1 / 5) < 0.05, `${moved.length}`);
  });
});
