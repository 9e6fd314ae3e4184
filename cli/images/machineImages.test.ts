import assert from "node:assert/strict";
import { test } from "node:test";
import { bySerial, newestCommon } from "./machineImages.ts";

test("serials are in the order of their days, then of their numbers", () => {
  assert.deepEqual(["20261014.10", "20261014", "20251231.2", "20261014.9"].sort(bySerial), [
    "20251231.2",
    "20261014",
    "20261014.9",
    "20261014.10",
  ]);
});

test("the newest common serial is one that no region lacks", () => {
  const sets = (...lists: readonly (readonly string[])[]) => lists.map((list) => new Set(list));
  assert.equal(newestCommon(sets(["20261014", "20261001"], ["20261001", "20261014", "20261020"])), "20261014");
  assert.equal(newestCommon(sets(["20261014"], ["20261001"])), null);
  assert.equal(newestCommon(sets(["20261014"], [])), null);
});
