import assert from "node:assert/strict";
import { it } from "node:test";
import { LogVolume } from "./logVolume.ts";

it("a request's log takes lines up to its limit, empty ones too, and after the first that is dropped none", () => {
  const log = new LogVolume();
  assert.deepEqual([log.add(36, 300), log.add(0, 300), log.add(100, 300), log.add(0, 300)], [true, true, false, false]);
  log.drop(3);
  assert.equal(log.restart(), 5);
  assert.equal(log.add(236, 300), true);
  assert.equal(log.restart(), 0);
});
