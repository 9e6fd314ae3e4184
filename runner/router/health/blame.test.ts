import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { shareBlame } from "./blame.ts";

describe("the blame for a death", () => {
  it("is whole for the only suspect, however many of its requests ran", () => {
    assert.deepEqual([...shareBlame("crash", ["a", "a"])], [["a", 1]]);
  });
  it("is shared by several", () => {
    assert.deepEqual(
      [...shareBlame("memory", ["a", "b"])],
      [
        ["a", 0.5],
        ["b", 0.5],
      ],
    );
  });
  it("is nobody's when the process was killed from outside, its router went, or nobody knows", () => {
    for (const cause of ["signal", "router", "unknown"]) assert.deepEqual([...shareBlame(cause, ["a"])], [["a", 0]]);
  });
  it("is nobody's when nothing ran", () => {
    assert.equal(shareBlame("crash", []).size, 0);
  });
});
