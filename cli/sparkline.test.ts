import assert from "node:assert/strict";
import { it } from "node:test";
import { sparkline } from "./sparkline.ts";

it("draws values against the largest, and nothing as the lowest bar", () => {
  assert.equal(sparkline([0, 1, 2, 4, 7]), "▁▂▃▅█");
  assert.equal(sparkline([0, 0]), "▁▁");
  assert.equal(sparkline([]), "");
  assert.equal(sparkline([5]), "█");
});
