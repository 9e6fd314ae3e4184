import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RespawnDelay } from "./respawnDelay.ts";
import { BEAT_MS, CHECK_MS, isStuck } from "./stuckness.ts";

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
  it("is seen within a second of the CPU time that the process gets, wherever beat and look fall and however little that is", () => {
    const tickMs = 10;
    for (const share of [1, 0.7, 0.4, 0.15]) {
      for (let sinceBeatMs = 0; sinceBeatMs < BEAT_MS; sinceBeatMs += 7) {
        for (let lookMs = 0; lookMs < CHECK_MS; lookMs += 7) {
          // From its last beat on it has what it gets of the CPU; it is stuck a little later.
          const told = (wallMs: number) => Math.floor((wallMs * share) / tickMs) * tickMs;
          let wallMs = sinceBeatMs + lookMs;
          while (!isStuck({ wallMs, cpuMs: told(wallMs) })) wallMs += CHECK_MS;
          const stuckCpuMs = (wallMs - sinceBeatMs) * share;
          assert.ok(stuckCpuMs <= 1_000, `${stuckCpuMs} ms with a share of ${share}`);
        }
      }
    }
  });
  it("is seen in the end even without CPU time", () => {
    assert.equal(isStuck({ wallMs: 10_100, cpuMs: 0 }), true);
    assert.equal(isStuck({ wallMs: 5_100, cpuMs: undefined }), true);
    assert.equal(isStuck({ wallMs: 4_900, cpuMs: undefined }), false);
  });
});
