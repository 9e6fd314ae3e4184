import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LIMITS } from "../../limits.ts";
import { CpuWatch } from "../cpuWatch.ts";
import { JobQueue } from "./jobQueue.ts";

/** Jobs that run until they are told to end. */
class Bench {
  readonly #clocks = { wall: 0, cpu: 0 };
  readonly watch = new CpuWatch({ wallMs: () => this.#clocks.wall, cpuMs: () => this.#clocks.cpu });
  readonly queue = new JobQueue(this.watch);
  readonly started: string[] = [];
  readonly #ends: (() => void)[] = [];

  job(name: string, call = 1, bytes = 0) {
    const run = () =>
      new Promise<void>((resolve) => {
        this.started.push(name);
        this.#ends.push(resolve);
      });
    return { call, bytes, run };
  }

  passes(wallMs: number, cpuMs: number): void {
    this.#clocks.wall += wallMs;
    this.#clocks.cpu += cpuMs;
  }

  get running(): number {
    return this.#ends.length;
  }

  async endOne(index = 0): Promise<void> {
    this.#ends.splice(index, 1)[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("job queue", () => {
  it("runs as many jobs of a function as its limit says, whatever the limit", () => {
    for (let most = LIMITS.hostWork.floor; most <= LIMITS.hostWork.ceiling; most++) {
      const bench = new Bench();
      const owner = bench.queue.newOwner(most);
      for (let index = 0; index <= LIMITS.hostWork.ceiling; index++) owner.submit(bench.job("one"));
      assert.equal(bench.running, most);
    }
  });

  it("runs three jobs at once, two of one function, and functions in turn", async () => {
    const bench = new Bench();
    const one = bench.queue.newOwner(2);
    const two = bench.queue.newOwner(2);
    for (let index = 0; index < 5; index++) one.submit(bench.job(`one ${index}`));
    for (let index = 0; index < 2; index++) two.submit(bench.job(`two ${index}`));
    assert.deepEqual(bench.started, ["one 0", "one 1", "two 0"]);
    for (let index = 0; index < 7; index++) await bench.endOne();
    assert.deepEqual(bench.started.slice(3), ["one 2", "two 1", "one 3", "one 4"]);
  });

  it("keeps a function to as many jobs as it may have, also when nobody else has any", async () => {
    const bench = new Bench();
    const one = bench.queue.newOwner(1);
    for (let index = 0; index < 3; index++) one.submit(bench.job(`${index}`));
    assert.equal(bench.running, 1);
    await bench.endOne();
    assert.equal(bench.running, 1);
  });

  it("leaves the CPU time of jobs to nobody's entry", async () => {
    const bench = new Bench();
    const innocent = {
      usedMs: 0,
      accrue: (cpuMs: number) => {
        innocent.usedMs += cpuMs;
      },
      poll: () => {},
    };
    const owner = bench.queue.newOwner(2);
    for (let index = 0; index < 3; index++) owner.submit(bench.job(`${index}`));
    bench.watch.add(innocent);
    bench.passes(30, 30);
    for (let index = 0; index < 2; index++) await bench.endOne();
    assert.equal(bench.running, 1);
    bench.passes(30, 30);
    await bench.endOne();
    bench.passes(10, 10);
    bench.watch.remove(innocent);
    assert.equal(innocent.usedMs, 10 + 15 + 10);
  });

  it("refuses what would wait behind too many jobs or too many bytes", () => {
    const bench = new Bench();
    const one = bench.queue.newOwner(2);
    for (let index = 0; index < 34; index++) assert.equal(one.submit(bench.job(`${index}`)), undefined);
    assert.equal(one.submit(bench.job("one too many")), 34);
    const two = bench.queue.newOwner(2);
    assert.equal(two.submit(bench.job("large", 1, 33 * 1024 * 1024)), 0);
  });

  it("drops what waits for a request that is over", async () => {
    const bench = new Bench();
    const one = bench.queue.newOwner(2);
    for (let call = 1; call <= 6; call++) one.submit(bench.job(`call ${call}`, call));
    one.drop(4);
    for (let index = 0; index < 6; index++) await bench.endOne();
    assert.deepEqual(bench.started, ["call 1", "call 2", "call 3", "call 5", "call 6"]);
  });

  it("loses no job and never runs too many, whatever the order", async () => {
    const step = fc.record({ owner: fc.nat(3), ends: fc.nat(3) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const bench = new Bench();
        const owners = [1, 1, 2, 3].map((max) => bench.queue.newOwner(max));
        let taken = 0;
        for (const { owner, ends } of steps) {
          if (owners[owner]?.submit(bench.job(`${owner}`)) === undefined) taken++;
          assert.ok(bench.running <= 3);
          for (let index = 0; index < ends; index++) await bench.endOne(index);
        }
        while (bench.running > 0) await bench.endOne();
        assert.equal(bench.started.length, taken);
      }),
      { numRuns: 50 },
    );
  });
});
