import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CpuWatch } from "./cpuWatch.ts";

function watchWithClocks() {
  const clocks = { wall: 0, cpu: 0 };
  const watch = new CpuWatch({ wallMs: () => clocks.wall, cpuMs: () => clocks.cpu });
  const passes = (wall: number, cpu: number) => {
    clocks.wall += wall;
    clocks.cpu += cpu;
  };
  return { watch, passes };
}

function entry() {
  const seen = { usedMs: 0, accrue: (cpuMs: number) => (seen.usedMs += cpuMs), poll: () => {} };
  return seen;
}

describe("CPU time of entries on other threads", () => {
  it("is what those threads had, not what the clock says", () => {
    const { watch, passes } = watchWithClocks();
    const slow = entry();
    watch.add(slow);
    passes(100, 4);
    watch.remove(slow);
    assert.equal(slow.usedMs, 4);
  });

  it("is shared among those that ran at the same time, and nobody pays for what others did before or after", () => {
    const { watch, passes } = watchWithClocks();
    const [first, second] = [entry(), entry()];
    passes(50, 50);
    watch.add(first);
    passes(10, 10);
    watch.add(second);
    passes(10, 20);
    watch.remove(first);
    passes(10, 10);
    watch.remove(second);
    passes(10, 10);
    assert.deepEqual([first.usedMs, second.usedMs], [20, 20]);
  });

  it("is never negative where the figures go back, and what they go back by is not charged twice", () => {
    const { watch, passes } = watchWithClocks();
    const only = entry();
    passes(10, 10);
    watch.add(only);
    passes(1, -0.5);
    watch.look();
    assert.equal(only.usedMs, 0);
    passes(10, 4.5);
    watch.remove(only);
    assert.equal(only.usedMs, 4);
  });

  it("is not that of host jobs that ran meanwhile, which take a share of their own", async () => {
    const { watch, passes } = watchWithClocks();
    const only = entry();
    watch.add(only);
    passes(10, 10);
    const job = Promise.withResolvers<string>();
    const failing = Promise.withResolvers<never>();
    const done = watch.alsoRuns(job.promise);
    const failed = watch.alsoRuns(failing.promise);
    passes(10, 15);
    failing.reject(new Error("no"));
    await assert.rejects(failed, /no/);
    passes(10, 10);
    job.resolve("done");
    assert.equal(await done, "done");
    passes(10, 10);
    watch.remove(only);
    assert.equal(only.usedMs, 10 + 5 + 5 + 10);
  });

  it("is never more than the clock, whatever V8's helper threads do", () => {
    const { watch, passes } = watchWithClocks();
    const only = entry();
    watch.add(only);
    passes(10, 25);
    watch.look();
    assert.equal(only.usedMs, 10);
    watch.remove(only);
  });
});
