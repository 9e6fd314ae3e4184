import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Deployment } from "./deployment.ts";
import { settled, TestPool, type TestRequest } from "./poolFixture.ts";

/** Lets modules be read. */
async function loaded(test: TestPool): Promise<void> {
  for (let round = 0; round < 3; round++) {
    test.clock.advance(1);
    await settled();
  }
}

const openOf = (requests: readonly TestRequest[]) => requests.filter(({ outcomes }) => outcomes.length === 0).length;

/** Answers all that runs of a function, again and again until nothing does; something of each goes on. */
async function answerAll(test: TestPool, deployment: Deployment): Promise<void> {
  const running = () =>
    [...test.workers.values()].flatMap((worker) =>
      [...worker.calls].filter(([, { key }]) => key === deployment.key).map(([id]) => ({ worker, id })),
    );
  await loaded(test);
  for (let calls = running(); calls.length > 0; calls = running()) {
    for (const { worker, id } of calls) worker.answer(id, true);
    await loaded(test);
  }
}

function endOne(test: TestPool, deployment: Deployment): void {
  for (const worker of test.workers.values()) {
    const id = [...worker.lingering.keys()].find((each) => worker.lingering.get(each) === deployment.key);
    if (id === undefined) continue;
    worker.over(id);
    return;
  }
  assert.fail("nothing lingers");
}

describe("what requests give to waitUntil", () => {
  it("holds no place until twice as many requests as may run are there; from then on requests wait for it", async () => {
    const test = new TestPool();
    const busy = test.deploy("busy", { concurrency: 2 });
    const requests = Array.from({ length: 10 }, () => test.request(busy));
    await answerAll(test, busy);
    assert.equal(openOf(requests), 6);
    assert.deepEqual([busy.running, busy.lingering], [0, 4]);
    endOne(test, busy);
    await answerAll(test, busy);
    assert.equal(openOf(requests), 5);
    assert.deepEqual([busy.running, busy.lingering], [0, 4]);
  });

  it("fills the queue at last, which answers with the limit", async () => {
    const test = new TestPool();
    const busy = test.deploy("busy", { concurrency: 1 });
    for (let index = 0; index < 2; index++) {
      test.request(busy);
      await answerAll(test, busy);
    }
    const requests = Array.from({ length: 101 }, () => test.request(busy));
    const [outcome] = requests.at(-1)?.outcomes ?? [];
    assert.ok(outcome?.kind === "failed" && outcome.failure.code === "ERR_LIMIT_CONCURRENCY");
    assert.equal(openOf(requests), 100);
  });

  it("ends with the worker that it was in, and those who waited for it go on", async () => {
    const test = new TestPool();
    const busy = test.deploy("busy", { concurrency: 1 });
    const requests = Array.from({ length: 3 }, () => test.request(busy));
    await answerAll(test, busy);
    assert.equal(openOf(requests), 1);
    for (const slot of [...test.workers.keys()]) test.die(slot, "signal");
    assert.deepEqual([busy.running, busy.lingering], [1, 0]);
    test.comeUp(0);
    await answerAll(test, busy);
    assert.equal(openOf(requests), 0);
  });

  it("takes no more of the node than what is free: a function that has nothing lingering is never held back by others", async () => {
    const test = new TestPool({ serving: 1, privates: 0 });
    const greedy = test.deploy("greedy", { concurrency: 100 });
    const second = test.deploy("second", { concurrency: 100 });
    // In steps, so that requests that run are not all let in before the first lingers.
    const fill = async (deployment: Deployment, count: number) => {
      const requests = [];
      for (let index = 0; index < count; index++) {
        requests.push(test.request(deployment));
        await answerAll(test, deployment);
      }
      return openOf(requests);
    };
    const others = Array.from({ length: 3 }, (_, index) => test.deploy(`other${index}`, { concurrency: 100 }));
    assert.equal(await fill(greedy, 200), 0);
    for (const other of others) await fill(other, 70);
    assert.ok((await fill(second, 150)) > 0);
    assert.ok(second.lingering < 100);
    const fresh = test.deploy("fresh", { concurrency: 1 });
    assert.equal(await fill(fresh, 1), 0);
    // Of another function, and yet it makes room.
    const before = second.lingering;
    for (let index = 0; index < 100; index++) endOne(test, greedy);
    await answerAll(test, second);
    assert.ok(second.lingering > before);
  });
});
