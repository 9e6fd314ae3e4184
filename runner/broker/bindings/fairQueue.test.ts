import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BindingFault } from "./engine.ts";
import { FairQueue } from "./fairQueue.ts";

const FOREVER = new AbortController().signal;
const any = () => true;

function newQueue(bounds: { perFunction?: number; waitMs?: number } = {}) {
  return new FairQueue<{ owner: string; name: string }, string>({
    what: "the store",
    perFunction: 10,
    waitMs: 60_000,
    ...bounds,
  });
}

describe("the queue of calls", () => {
  it("gives functions their turns, and each its calls in order", async () => {
    const queue = newQueue();
    const done: string[] = [];
    const waiting = ["a1", "a2", "a3", "b1", "c1", "b2"].map((name) =>
      queue.wait({ owner: name[0] as string, name }, FOREVER).then((turn) => done.push(`${name} ${turn}`)),
    );
    for (let turn = 1; queue.has(any); turn++) queue.take(any)?.go(`${turn}`);
    await Promise.all(waiting);
    assert.deepEqual(done, ["a1 1", "b1 2", "c1 3", "a2 4", "b2 5", "a3 6"]);
    assert.equal(queue.take(any), undefined);
  });

  it("passes over what cannot run", async () => {
    const queue = newQueue();
    void queue.wait({ owner: "a", name: "a1" }, FOREVER);
    void queue.wait({ owner: "a", name: "a2" }, FOREVER);
    const taken = queue.take(({ name }) => name !== "a1");
    assert.equal(taken?.job.name, "a2");
    assert.equal(
      queue.has(({ name }) => name === "a2"),
      false,
    );
    queue.take(any)?.go("");
    taken?.go("");
  });

  it("refuses more than a function may have waiting, and lets go what is given up or waits too long", async () => {
    const queue = newQueue({ perFunction: 2, waitMs: 50 });
    const controller = new AbortController();
    const given = queue.wait({ owner: "a", name: "a1" }, controller.signal);
    const late = queue.wait({ owner: "a", name: "a2" }, FOREVER);
    await assert.rejects(
      queue.wait({ owner: "a", name: "a3" }, FOREVER),
      new BindingFault("ERR_BINDING_OVERLOADED", "2 calls of the function wait already for the store"),
    );
    controller.abort(new Error("gone"));
    await assert.rejects(given, /gone/);
    await assert.rejects(
      late,
      new BindingFault("ERR_BINDING_OVERLOADED", "the store was busy for 50 ms: nothing was done"),
    );
    assert.equal(queue.has(any), false);
    await assert.rejects(queue.wait({ owner: "a", name: "a4" }, controller.signal), /gone/);
  });
});
