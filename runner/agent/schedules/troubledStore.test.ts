import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LEASE_MS, RENEW_MS } from "./decideRun.ts";
import { fleet, MINUTE, running, times } from "./schedulerFixture.ts";

describe("scheduled runs over a store that is slow or away", () => {
  it("are not told to stop by renewals that overlap, and end after the one that is under way", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { pass, runs, store, leaseOf, a, b, ended } = await running(t);
    const answer = Promise.withResolvers<void>();
    let beats = 0;
    // They are written, and nobody hears of it yet.
    store.after = ({ state }) => {
      if (state !== "running") return;
      beats++;
      return answer.promise;
    };
    t.mock.timers.tick(3 * RENEW_MS);
    while (beats === 0) await new Promise(setImmediate);
    ended.resolve({ outcome: "ok" });
    await new Promise(setImmediate);
    answer.resolve();
    await a.scheduler.settled();
    assert.equal(beats, 1, "one renewal at a time");
    assert.equal(a.count('schedule_runs_total{reason="ok"}'), 1);
    assert.equal((await leaseOf())?.lease.state, "over");
    await b.tick();
    pass(LEASE_MS);
    for (const { tick } of [a, b]) await tick();
    assert.deepEqual(times(runs), [1]);
  });

  it("are not run again when the store is away at their end, or was when they were renewed", async (t) => {
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { pass, runs, store, leaseOf, a, b, ended } = await running(t);
    const failures: string[] = [];
    const fail = (what: string) => {
      failures.push(what);
      throw new Error(`no answer to ${what}`);
    };
    store.after = () => fail("a renewal that was written");
    t.mock.timers.tick(RENEW_MS);
    while (failures.length === 0) await new Promise(setImmediate);
    store.after = () => {};
    store.before = () => {
      if (failures.length < 4) fail("an end");
    };
    ended.resolve({ outcome: "ok" });
    await a.scheduler.settled();
    assert.equal(failures.length, 4);
    assert.equal((await leaseOf())?.lease.state, "over");
    assert.equal(a.lines.filter((line) => line.includes("works again")).length, 1);
    await b.tick();
    pass(LEASE_MS);
    for (const { tick } of [a, b]) await tick();
    assert.deepEqual(times(runs), [1]);
  });

  it("leave their end to the next agent when the store stays away", async (t) => {
    const { node, pass, store, leaseOf } = await fleet(t);
    const a = await node("a");
    await a.tick();
    const failed = Promise.withResolvers<void>();
    store.before = ({ state }) => {
      if (state === "running") return;
      failed.resolve();
      throw new Error("away");
    };
    pass(MINUTE);
    a.scheduler.tick();
    await failed.promise;
    await a.scheduler.stop();
    assert.equal((await leaseOf())?.lease.state, "running");
  });
});
