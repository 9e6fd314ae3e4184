import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isUnstoppable } from "./stopWatch.ts";

describe("an isolate that was told to stop", () => {
  it("is unstoppable when it had the CPU for half a second and runs on", () => {
    assert.equal(isUnstoppable({ wallMs: 520, cpuMs: 510 }), true);
    assert.equal(isUnstoppable({ wallMs: 400, cpuMs: 800 }), false, "two of them share the count");
  });
  it("is given time on a machine that is busy with others", () => {
    assert.equal(isUnstoppable({ wallMs: 2_000, cpuMs: 120 }), false);
  });
  it("is not waited for without end", () => {
    assert.equal(isUnstoppable({ wallMs: 5_100, cpuMs: 0 }), true);
  });
});
