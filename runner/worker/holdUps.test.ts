import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HoldUps } from "./holdUps.ts";

describe("hold-ups", () => {
  it("remembers the longest for at least five seconds, and not for ten", () => {
    const holdUps = new HoldUps();
    holdUps.note(8, 0);
    holdUps.note(3, 100);
    assert.equal(holdUps.longestMs, 8);
    holdUps.note(1, 5_001);
    assert.equal(holdUps.longestMs, 8);
    holdUps.note(1, 10_003);
    assert.equal(holdUps.longestMs, 1);
  });

  it("forgets what was before a long silence", () => {
    const holdUps = new HoldUps();
    holdUps.note(8, 0);
    holdUps.note(0, 60_000);
    assert.equal(holdUps.longestMs, 0);
  });

  it("expects to wait on a machine with more to do than CPUs", () => {
    const holdUps = new HoldUps();
    holdUps.noteLoad(0.7, 0);
    assert.equal(holdUps.longestMs, 0);
    holdUps.noteLoad(2.5, 1);
    assert.equal(holdUps.longestMs, 15);
  });

  it("takes no wait for longer than 80 ms", () => {
    const holdUps = new HoldUps();
    holdUps.note(900, 0);
    assert.equal(holdUps.longestMs, 80);
  });
});
