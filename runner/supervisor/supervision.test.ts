import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RespawnDelay } from "./respawnDelay.ts";
import { isStuck } from "./stuckness.ts";

describe("respawn delay", () => {
  it("is nothing after a first death, grows up to a ceiling, and recovers after a long life", () => {
    const delay = new RespawnDelay();
    const delays = Array.from({ length: 9 }, () => delay.afterDeath(50));
    assert.deepEqual(delays, [0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    assert.equal(delay.afterDeath(60_000), 0);
  });
});

describe("stuckness", () => {
  it("needs more than 0.8 s of CPU time without a beat", () => {
    assert.equal(isStuck({ wallMs: 1_500, cpuMs: 810 }), true);
    assert.equal(isStuck({ wallMs: 1_500, cpuMs: 790 }), false);
  });
  it("is not seen in a process that a busy machine gives no CPU", () => {
    assert.equal(isStuck({ wallMs: 9_000, cpuMs: 20 }), false);
  });
  it("is seen in the end even without CPU time", () => {
    assert.equal(isStuck({ wallMs: 10_100, cpuMs: 0 }), true);
    assert.equal(isStuck({ wallMs: 5_100, cpuMs: undefined }), true);
    assert.equal(isStuck({ wallMs: 4_900, cpuMs: undefined }), false);
  });
});
