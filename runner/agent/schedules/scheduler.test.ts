import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Schedule } from "../../schedules/schedule.ts";
import { RunnerAwayError } from "../runnerControl.ts";
import { LEASE_MS, RENEW_MS } from "./decideRun.ts";
import { aborted, EACH_MINUTE, fleet, MINUTE, NOON, running, scheduled, times } from "./schedulerFixture.ts";

describe("schedules of a fleet", () => {
  it("run once at each time, whoever is faster, and the fencing number grows: 200 rounds of two nodes", async (t) => {
    const { node, pass, runs } = await fleet(t);
    const [a, b] = [await node("a"), await node("b")];
    for (const { tick } of [a, b]) await tick();
    assert.deepEqual(runs, [], "a new schedule begins with its next time");
    for (let round = 1; round <= 200; round++) {
      pass(MINUTE);
      await Promise.all([a.tick(), b.tick()]);
      await Promise.all([b.tick(), a.tick()]);
      assert.equal(runs.length, round);
    }
    assert.deepEqual(
      times(runs),
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    const numbers = runs.map(({ fencing }) => fencing);
    assert.deepEqual(
      numbers,
      [...new Set(numbers)].toSorted((x, y) => x - y),
    );
    assert.equal(a.count('schedule_runs_total{reason="ok"}') + b.count('schedule_runs_total{reason="ok"}'), 200);
  });

  it("run on each node, in each region or once, as their scope says", async (t) => {
    const { node, pass, runs } = await fleet(t);
    const schedules: Schedule[] = [
      EACH_MINUTE,
      { cron: "* * * * *", scope: "region" },
      { cron: "* * * * *", scope: "node" },
    ];
    const nodes = [
      await node("a1", { region: "a", schedules }),
      await node("a2", { region: "a", schedules }),
      await node("b1", { region: "b", schedules }),
    ];
    for (const { tick } of nodes) await tick();
    pass(MINUTE);
    await Promise.all(nodes.map(({ tick }) => tick()));
    await Promise.all(nodes.map(({ tick }) => tick()));
    const seen = runs.map(({ scope, node: name }) =>
      scope === "node" ? `${scope} ${name}` : scope === "region" ? `${scope} ${name[0]}` : scope,
    );
    assert.deepEqual(seen.toSorted(), ["fleet", "node a1", "node a2", "node b1", "region a", "region b"]);
  });

  it("are made up once when nobody was there, for their newest time, and the others are counted", async (t) => {
    const { node, pass, runs } = await fleet(t);
    const first = await node("a");
    await first.tick();
    pass(10 * MINUTE + 30_000);
    const later = await node("b");
    await later.tick();
    await later.tick();
    assert.deepEqual(times(runs), [10]);
    assert.equal(later.count('schedule_skips_total{reason="missed"}'), 9);
    assert.match(later.lines.join(), /missed; the newest is made up/);
  });

  it("are passed over while the run before still goes on, by all nodes, and counted", async (t) => {
    const { pass, runs, leaseOf, a, b, ended } = await running(t);
    pass(MINUTE);
    a.scheduler.tick();
    a.scheduler.tick();
    await b.tick();
    ended.resolve({ outcome: "ok" });
    await a.scheduler.settled();
    for (const { tick } of [a, b, a, b]) await tick();
    assert.deepEqual(times(runs), [1]);
    assert.deepEqual(
      [a, b].map(({ count }) => count('schedule_skips_total{reason="overlap"}')),
      [1, 0],
    );
    assert.equal((await leaseOf())?.lease.timeMs, NOON + 2 * MINUTE);
    pass(MINUTE);
    await b.tick();
    assert.deepEqual(times(runs), [1, 3]);
  });

  it("run once more under a larger number when the node that had them dies, whose end then counts for nothing", async (t) => {
    const { pass, runs, leaseOf, a, b, ended } = await running(t);
    await b.tick();
    pass(LEASE_MS - 1);
    await b.tick();
    assert.equal(runs.length, 1, "it may be alive");
    pass(RENEW_MS);
    await b.tick();
    assert.deepEqual(
      runs.map(({ node: name }) => name),
      ["a", "b"],
    );
    assert.deepEqual(times(runs), [1, 1]);
    assert.ok((runs[1]?.fencing ?? 0) > (runs[0]?.fencing ?? 0));
    const after = await leaseOf();
    ended.resolve({ outcome: "ok" });
    await a.scheduler.settled();
    assert.deepEqual(await leaseOf(), after);
  });

  it("go on when a clock jumps, ahead or back", async (t) => {
    const { node, pass, clock, runs } = await fleet(t);
    const a = await node("a");
    await a.tick();
    clock.nowMs += 365 * 24 * 60 * MINUTE;
    await a.tick();
    assert.equal(runs.length, 1, "made up once");
    clock.nowMs -= 365 * 24 * 60 * MINUTE;
    await a.tick();
    await a.tick();
    assert.equal(runs.length, 2, "a time far ahead was a wrong clock's");
    pass(MINUTE);
    await a.tick();
    assert.deepEqual(times(runs).slice(1), [0, 1]);
    assert.deepEqual(
      runs.map(({ fencing }) => fencing),
      [2, 3, 4],
    );
  });

  it("run once at each time though clocks differ by less than a period", async (t) => {
    const { node, pass, runs } = await fleet(t);
    const nodes = [await node("a"), await node("fast", { skewMs: 20_000 }), await node("slow", { skewMs: -20_000 })];
    for (const { tick } of nodes) await tick();
    for (let step = 0; step < 60; step++) {
      pass(10_000);
      await Promise.all(nodes.map(({ tick }) => tick()));
    }
    assert.deepEqual(times(runs), [...new Set(times(runs))]);
    assert.ok(runs.length >= 10);
  });

  it("are left to another node by one whose runner is away, or does not serve them", async (t) => {
    const { node, pass, runs } = await fleet(t);
    const [a, b] = [await node("a"), await node("b")];
    await a.tick();
    a.control.verdict = () => Promise.reject(new RunnerAwayError("no runner"));
    pass(MINUTE);
    await a.tick();
    await a.tick();
    assert.equal(a.count('schedule_runs_total{reason="away"}'), 1);
    await b.tick();
    assert.deepEqual(
      runs.map(({ node: name }) => name),
      ["a", "b"],
    );
    a.control.verdict = async () => ({ outcome: "refused", reason: "switched off" });
    pass(MINUTE);
    await a.tick();
    pass(10_000);
    await a.tick();
    assert.equal(a.count('schedule_runs_total{reason="refused"}'), 2);
    assert.equal(a.lines.filter((line) => line.includes("did not end well")).length, 2, "told once a time");
  });

  it("end with the agent, which leaves them to whoever comes", async (t) => {
    const { node, pass, runs, leaseOf } = await fleet(t);
    const a = await node("a");
    await a.tick();
    a.control.verdict = aborted;
    pass(MINUTE);
    a.scheduler.tick();
    while (runs.length === 0) await new Promise(setImmediate);
    await a.scheduler.stop();
    assert.equal((await leaseOf())?.lease.state, "running");
  });

  it("of functions that this region does not serve are not this node's", async (t) => {
    const { node, pass, runs } = await fleet(t);
    const a = await node("a");
    a.scheduler.serve(scheduled(EACH_MINUTE).map((manifest) => ({ ...manifest, regions: ["elsewhere"] })));
    await a.tick();
    pass(MINUTE);
    await a.tick();
    assert.deepEqual(runs, []);
  });
});
