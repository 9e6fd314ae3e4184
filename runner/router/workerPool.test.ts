import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Failure } from "../errors.ts";
import type { Deployment } from "./deployment.ts";
import { PROBATION } from "./health/functionHealth.ts";
import { type FakeWorker, settled, TestPool } from "./poolFixture.ts";
import { CALLS_PER_WORKER_MAX } from "./workerSlots.ts";

/** Lets modules be read. */
async function loaded(test: TestPool): Promise<void> {
  for (let round = 0; round < 3; round++) {
    test.clock.advance(1);
    await settled();
  }
}

function workerOf(test: TestPool, deployment: Deployment): FakeWorker | undefined {
  return [...test.workers.values()].find(({ calls }) => [...calls.values()].some(({ key }) => key === deployment.key));
}

const callsOf = (worker: FakeWorker | undefined) => [...(worker?.calls.keys() ?? [])];

describe("the worker pool", () => {
  it("keeps a function in one worker, and lets it overflow when that is far above the others", async () => {
    const test = new TestPool({ serving: 4, privates: 0 });
    const hot = test.deploy("hot", { concurrency: 1_000 });
    for (let index = 0; index < 8; index++) test.request(hot);
    await loaded(test);
    const used = () => [...test.workers.values()].filter(({ calls }) => calls.size > 0);
    assert.equal(used().length, 1);
    for (let index = 0; index < 200; index++) test.request(hot);
    await loaded(test);
    assert.ok(used().length > 1);
    for (const { calls } of used()) assert.ok(calls.size <= (208 / 4) * 1.25 + 10, `${calls.size} in one worker`);
  });

  it("gives free places to functions in turn when every worker is full", async () => {
    const test = new TestPool({ serving: 1, privates: 0 });
    const greedy = test.deploy("greedy", { concurrency: 1_000 });
    const modest = test.deploy("modest", { concurrency: 1_000 });
    for (let index = 0; index < CALLS_PER_WORKER_MAX + 100; index++) test.request(greedy);
    await loaded(test);
    for (let index = 0; index < 10; index++) test.request(modest);
    const worker = test.workers.get(0) as FakeWorker;
    for (const id of callsOf(worker).slice(0, 20)) worker.answer(id);
    await loaded(test);
    const keys = [...worker.calls.values()].map(({ key }) => key);
    assert.equal(keys.length, CALLS_PER_WORKER_MAX);
    assert.equal(keys.filter((key) => key === modest.key).length, 10);
  });

  it("runs no more of a function than it may, and refuses what its queue does not hold", async () => {
    const test = new TestPool();
    const narrow = test.deploy("narrow", { concurrency: 2 });
    const requests = Array.from({ length: 110 }, () => test.request(narrow));
    await loaded(test);
    assert.equal(callsOf(workerOf(test, narrow)).length, 2);
    const refused = requests.filter(({ outcomes }) => outcomes.length > 0);
    assert.equal(refused.length, 8);
    for (const { outcomes } of refused) {
      assert.ok(outcomes[0]?.kind === "failed" && outcomes[0].failure.code === "ERR_LIMIT_CONCURRENCY");
    }
  });

  it("keeps a version on probation whose start failed there, whatever it has answered before", async () => {
    const test = new TestPool({ serving: 2, privates: 0 });
    const moody = test.deploy("moody", { place: "probation" });
    for (let index = 0; index < PROBATION.answers; index++) {
      test.request(moody);
      await loaded(test);
      const worker = workerOf(test, moody) as FakeWorker;
      if (index === PROBATION.answers - 1) worker.startFailed(moody.key);
      for (const id of callsOf(worker)) worker.answer(id);
    }
    await loaded(test);
    assert.ok([...test.workers.values()].every(({ starts }) => !starts.includes(moody.key)));
  });

  it("serves a new version in the worker that stands by, then where it belongs, ready before the first request", async () => {
    const test = new TestPool({ serving: 2, privates: 0 });
    const fresh = test.deploy("fresh", { place: "probation" });
    for (let index = 0; index < PROBATION.answers; index++) {
      test.request(fresh);
      await loaded(test);
      const worker = workerOf(test, fresh) as FakeWorker;
      assert.equal(worker.slot, 2);
      for (const id of callsOf(worker)) worker.answer(id);
    }
    await loaded(test);
    const home = [...test.workers.values()].find(({ starts }) => starts.includes(fresh.key)) as FakeWorker;
    assert.notEqual(home.slot, 2);
    test.request(fresh);
    await loaded(test);
    assert.equal(workerOf(test, fresh)?.slot, 2);
    home.started(fresh.key);
    await loaded(test);
    test.request(fresh);
    await loaded(test);
    assert.deepEqual(callsOf(home).length, 1);
  });

  it("has no more versions on probation than the worker that stands by can keep warm", async () => {
    const test = new TestPool({ serving: 2, privates: 0 });
    const many = Array.from({ length: 60 }, (_, index) => test.deploy(`f${index}`, { place: "probation" }));
    for (const version of many) test.request(version);
    await loaded(test);
    const standby = test.workers.get(2) as FakeWorker;
    assert.equal(standby.calls.size, 50);
    for (const id of callsOf(standby)) standby.answer(id);
    for (const version of many.slice(0, 50)) test.retire(version);
    for (const version of many) test.request(version);
    await loaded(test);
    assert.equal(standby.calls.size, 50);
  });

  it("repeats what a lost worker ran in the one that stands by, which takes the position only then", async () => {
    const test = new TestPool({ serving: 1, privates: 0 });
    const killer = test.deploy("killer");
    const calm = test.deploy("calm");
    test.request(killer);
    await loaded(test);
    const first = test.workers.get(0) as FakeWorker;
    for (const id of callsOf(first)) first.begin(id);
    test.die(0, "signal");
    await loaded(test);
    const standby = test.workers.get(1) as FakeWorker;
    assert.equal(callsOf(standby).length, 1);
    test.comeUp(0);
    test.request(calm);
    await loaded(test);
    assert.equal(workerOf(test, calm)?.slot, 0, "the lost position has its own worker back");
    for (const id of callsOf(standby)) standby.answer(id);
    test.request(calm);
    await loaded(test);
    assert.equal(workerOf(test, calm)?.slot, 0);
  });

  it("fills a lost position at once when there is nothing to repeat, and after a moment when that takes long", async () => {
    const test = new TestPool({ serving: 1, privates: 0 });
    const calm = test.deploy("calm");
    test.die(0, "signal");
    test.request(calm);
    await loaded(test);
    assert.equal(workerOf(test, calm)?.slot, 1);
    const worker = test.workers.get(1) as FakeWorker;
    for (const id of callsOf(worker)) worker.begin(id);
    test.comeUp(0);
    test.die(1, "signal");
    test.clock.advance(250);
    test.request(test.deploy("other"));
    await loaded(test);
    assert.equal(test.workers.get(0)?.calls.size, 2, "the one that repeats serves as well");
  });

  it("repeats a blameless function's request in a serving worker when none has stood by for a while", async () => {
    const test = new TestPool({ serving: 2, privates: 0 });
    test.die(2, "signal");
    const calm = test.deploy("calm");
    test.request(calm);
    await loaded(test);
    const first = workerOf(test, calm) as FakeWorker;
    for (const id of callsOf(first)) first.begin(id);
    test.die(first.slot, "signal");
    await loaded(test);
    test.clock.advance(400);
    assert.equal(workerOf(test, calm), undefined);
    test.clock.advance(100);
    await loaded(test);
    assert.equal(workerOf(test, calm)?.slot, 1 - first.slot);
  });

  it("remembers nothing of a version that is gone, though a worker dies of what goes on in it", async () => {
    const test = new TestPool();
    const old = test.deploy("a");
    test.retire(old);
    for (let death = 0; death < 3; death++) test.pool.healths.judge("stuck", [old]);
    assert.notEqual(old.health.place, "shared");
    assert.deepEqual(test.remembered.apart, {});
  });

  it("moves what is on its way from a worker that retires, and blames the version that it names", async () => {
    const test = new TestPool({ serving: 1, privates: 1 });
    const stuck = test.deploy("stuck");
    const calm = test.deploy("calm");
    test.request(stuck);
    await loaded(test);
    const worker = test.workers.get(0) as FakeWorker;
    for (const id of callsOf(worker)) worker.begin(id);
    test.request(calm);
    worker.retire(stuck.key);
    await loaded(test);
    assert.equal(workerOf(test, calm)?.slot, 1);
    assert.deepEqual([stuck.health.place, calm.health.place], ["private", "shared"]);
    assert.deepEqual(test.faults, []);
  });

  it("lays a death at the door of work that goes on after its answer", async () => {
    const test = new TestPool({ serving: 1, privates: 1 });
    const late = test.deploy("late");
    test.request(late);
    await loaded(test);
    const worker = test.workers.get(0) as FakeWorker;
    for (const id of callsOf(worker)) worker.answer(id, true);
    test.die(0, "memory");
    assert.equal(late.health.place, "private");
    assert.deepEqual([...test.wanted], []);
    test.request(late);
    assert.deepEqual([...test.wanted], [2]);
  });

  it("counts the limit of a failure whose request was given up while it was on its way, and believes no other failure", async () => {
    const test = new TestPool();
    const late = test.deploy("late");
    const [gone, open] = [test.request(late), test.request(late)];
    await loaded(test);
    const worker = workerOf(test, late) as FakeWorker;
    const [first, second] = callsOf(worker) as [number, number];
    for (const id of [first, second]) worker.begin(id);
    gone.cancel();
    worker.fail(first, { code: "ERR_LIMIT_CPU_MS", limit: "cpuMs", value: 10, used: 11 });
    assert.deepEqual(test.unheard, ["late cpuMs"]);
    worker.fail(second, { code: "whatever" } as unknown as Failure);
    assert.deepEqual(open.outcomes, [{ kind: "failed", failure: { code: "ERR_FUNCTION_RESPONSE" } }]);
  });

  it("lays no death at the door of a request that was given up while its whole answer was on its way", async () => {
    const test = new TestPool({ serving: 1, privates: 1 });
    const calm = test.deploy("calm");
    const request = test.request(calm);
    await loaded(test);
    const worker = test.workers.get(0) as FakeWorker;
    for (const id of callsOf(worker)) worker.answer(id, false, request.cancel);
    test.die(0, "memory");
    assert.equal(calm.health.place, "shared");
  });

  it("takes the least recently used modules out of a worker that holds too many bytes of them", async () => {
    const test = new TestPool({ serving: 1, privates: 0 });
    test.moduleBytes = 30 * 1024 * 1024;
    const worker = test.workers.get(0) as FakeWorker;
    const versions = ["a", "b", "c", "d"].map((name) => test.deploy(name));
    for (const version of versions) {
      test.request(version);
      await loaded(test);
      for (const id of callsOf(worker)) worker.answer(id);
    }
    assert.deepEqual(
      [...worker.loaded],
      versions.slice(2).map(({ key }) => key),
    );
    assert.equal(test.grants.size, 2);
  });

  it("counts the compiled forms of modules among those bytes", async () => {
    const test = new TestPool({ serving: 1, privates: 0 });
    test.compiled = { scriptBytes: 1, body: Buffer.alloc(30 * 1024 * 1024) };
    const worker = test.workers.get(0) as FakeWorker;
    for (const name of ["a", "b", "c", "d"]) {
      test.request(test.deploy(name));
      await loaded(test);
      for (const id of callsOf(worker)) worker.answer(id);
    }
    assert.equal(worker.loaded.size, 2);
  });
});
