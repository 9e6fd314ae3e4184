import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isUnstoppable, watchStop } from "./stopWatch.ts";

describe("an isolate that was told to stop", () => {
  it("is unstoppable when it had the CPU for half a second and runs on", () => {
    assert.equal(isUnstoppable({ wallMs: 520, cpuMs: 510 }), true);
    assert.equal(isUnstoppable({ wallMs: 520, cpuMs: 490 }), false);
  });
  it("is given time on a machine that is busy with others", () => {
    assert.equal(isUnstoppable({ wallMs: 2_000, cpuMs: 120 }), false);
  });
  it("is not waited for without end", () => {
    assert.equal(isUnstoppable({ wallMs: 5_100, cpuMs: 0 }), true);
  });
  it("is judged by its own CPU time since then, once", (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    let nowMs = 0;
    t.mock.method(performance, "now", () => nowMs);
    let cpuMs = 5_000;
    let stuck = 0;
    let isRunning = true;
    const watch = () => watchStop({ isRunning: () => isRunning, cpuMs: () => cpuMs, stuck: () => void stuck++ });
    const passes = (ms: number, hasMs: number) => {
      nowMs += ms;
      cpuMs += hasMs;
      t.mock.timers.tick(ms);
    };
    watch();
    passes(1_000, 400);
    assert.equal(stuck, 0);
    passes(100, 101);
    passes(1_000, 1_000);
    assert.equal(stuck, 1);
    watch();
    isRunning = false;
    passes(6_000, 6_000);
    assert.equal(stuck, 1);
  });
});
