import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cpuMsSince, markCpu } from "./cpuClock.ts";

/** Stops this thread without using the CPU. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe("the CPU time of this thread", () => {
  it("does not go on while the thread waits", () => {
    const mark = markCpu();
    sleep(200);
    assert.ok(cpuMsSince(mark) < 100);
  });

  it("is what a long piece of work takes, and no more than the clock shows", () => {
    let seenMs = 0;
    let beganMs = 0;
    // A busy machine may give it little the first time.
    for (let round = 0; round < 20 && seenMs < 50; round++) {
      const mark = markCpu();
      beganMs = performance.now();
      spin(200);
      seenMs = cpuMsSince(mark);
    }
    assert.ok(seenMs >= 50 && seenMs <= performance.now() - beganMs + 1, `${seenMs} ms`);
  });

  it("is the clock's for a short entry", () => {
    for (let round = 0; round < 100; round++) {
      const mark = markCpu();
      const usedMs = cpuMsSince(mark);
      if (performance.now() - mark.wallMs < 2) return assert.ok(usedMs >= 0 && usedMs < 2);
    }
  });
});
