import assert from "node:assert/strict";
import { describe, it, mock } from "node:test";
import { BodyTimer } from "./bodyTimer.ts";

describe("a body's timer", () => {
  /** The timer under a clock that only the test moves. */
  function timed(limits: { bodyIdleMs: number; bodyTotalMs: number }) {
    let nowMs = 0;
    mock.timers.enable({ apis: ["setTimeout"] });
    mock.method(performance, "now", () => nowMs);
    const fired: [string, number][] = [];
    const timer = new BodyTimer(limits, (limit, usedMs) => fired.push([limit, usedMs]));
    const pass = (ms: number) => {
      for (let step = 0; step < ms; step++) {
        nowMs++;
        mock.timers.tick(1);
      }
    };
    const done = () => {
      mock.timers.reset();
      mock.restoreAll();
    };
    return { timer, fired, pass, [Symbol.dispose]: done };
  }

  it("fires after silence, counted from the last part", () => {
    using clock = timed({ bodyIdleMs: 100, bodyTotalMs: 1_000 });
    clock.timer.run();
    clock.pass(90);
    clock.timer.part();
    clock.pass(99);
    assert.deepEqual(clock.fired, []);
    clock.pass(1);
    assert.deepEqual(clock.fired, [["bodyIdleMs", 100]]);
  });

  it("fires at the total however steadily parts come", () => {
    using clock = timed({ bodyIdleMs: 100, bodyTotalMs: 250 });
    clock.timer.run();
    for (let part = 0; part < 24; part++) {
      clock.pass(10);
      clock.timer.part();
    }
    assert.deepEqual(clock.fired, []);
    clock.pass(10);
    assert.deepEqual(clock.fired, [["bodyTotalMs", 250]]);
  });

  it("does not count pauses, neither as silence nor in the total", () => {
    using clock = timed({ bodyIdleMs: 100, bodyTotalMs: 150 });
    for (let round = 0; round < 2; round++) {
      clock.timer.run();
      clock.pass(70);
      clock.timer.pause();
      clock.pass(1_000);
    }
    assert.deepEqual(clock.fired, []);
    clock.timer.run();
    clock.pass(10);
    assert.deepEqual(clock.fired, [["bodyTotalMs", 150]]);
    clock.pass(1_000);
    assert.equal(clock.fired.length, 1);
  });
});
