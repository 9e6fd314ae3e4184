import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WINDOW_BYTES } from "../../protocol/credit.ts";
import { until } from "../../runnerFixture.ts";
import { KEY, NOTES, newBroker, SLOT } from "./brokerFixture.ts";
import { wholeBody } from "./wholeBody.ts";

const MB = 1024 * 1024;

describe("what operations of bindings hold", () => {
  it("of one function hold so much of the broker; another function has room all the same, and what is over gives its own back", async () => {
    const running: (() => void)[] = [];
    const broker = newBroker(() => new Promise((resolve) => running.push(() => resolve({}))));
    broker.grants.give(KEY + 1, { slot: SLOT, function: "theirs", allow: null, bindings: NOTES });
    const body = Buffer.alloc(WINDOW_BYTES);
    for (let id = 1; id <= 127; id++) broker.bind(id, {}, body);
    broker.bind(200, {}, body);
    assert.equal(await broker.fault(200), "ERR_BINDING_OVERLOADED");
    broker.bind(201, { key: KEY + 1 }, body);
    await until("theirs runs", () => running.length === 65);
    running[0]?.();
    await until("one is over", () => broker.heard("bound", 1).length === 1);
    broker.bind(202, {}, body);
    await until("it waits in its turn", () => running.length === 66);
    assert.equal(broker.heard("boundFailed", 202).length, 0);
    broker.calls.abortAll();
  });

  it("of one function leave so much of their results untaken; what is taken or given up makes room", async () => {
    const size = 4 * MB - 1_000;
    const broker = newBroker(async () => ({ body: Buffer.alloc(size) }));
    for (let id = 1; id <= 8; id++) broker.bind(id);
    await until("eight wait for credit", () =>
      [1, 2, 3, 4, 5, 6, 7, 8].every((id) => broker.heard("bound", id).length),
    );
    broker.bind(9);
    assert.equal(await broker.fault(9), "ERR_BINDING_OVERLOADED");
    broker.say("fetchCancel", 1, null);
    await until("it is given up", () => broker.outcomes().some(([outcome]) => outcome === "cancelled"));
    broker.bind(10);
    await until("there is room", () => broker.heard("bound", 10).length === 1);
    broker.calls.abortAll();
  });

  it("counts with their arguments", async () => {
    const broker = newBroker(() => new Promise(() => {}));
    for (let id = 1; id <= 20; id++) broker.bind(id, { args: { key: "x".repeat(MB) } });
    assert.equal(await broker.fault(20), "ERR_BINDING_OVERLOADED");
    assert.equal(broker.heard("boundFailed", 10).length, 0);
    broker.calls.abortAll();
  });

  it("counts with a body that is collected before it is worked on", async () => {
    let collected = 0;
    const broker = newBroker(async (operation) => {
      const { length } = await wholeBody(operation, 4 * MB);
      collected += length;
      return new Promise(() => {});
    });
    const send = async (id: number) => {
      broker.bind(id, { streams: true });
      for (let part = 0; part < 16; part++) {
        const given = () => broker.heard("credit", id).length;
        const before = given();
        broker.say("part", id, null, Buffer.alloc(WINDOW_BYTES));
        await until("credit", () => given() > before || broker.heard("boundFailed", id).length > 0);
      }
      broker.say("partEnd", id, null);
    };
    for (let id = 1; id <= 7; id++) await send(id);
    await until("seven are collected", () => collected === 7 * 4 * MB);
    await send(8);
    assert.equal(await broker.fault(8), "ERR_BINDING_OVERLOADED");
    broker.say("fetchCancel", 1, null);
    await until("one is over", () => broker.outcomes().some(([outcome]) => outcome === "cancelled"));
    await send(9);
    await until("there is room", () => collected === 8 * 4 * MB);
    broker.calls.abortAll();
  });

  it("counts with small results until the kernel has them, and so does a place", async () => {
    const taken = Promise.withResolvers<void>();
    const broker = newBroker(async () => ({ result: "x".repeat(100), body: Buffer.alloc(WINDOW_BYTES) }));
    broker.kernel.taken = taken.promise;
    for (let id = 1; id <= 100; id++) broker.bind(id);
    await until("as many as have places", () => broker.heard("bound", 64).length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(broker.heard("bound", 65).length, 0);
    taken.resolve();
    await until("all", () => broker.heard("bound", 100).length === 1);
    assert.equal(broker.frames.filter(({ kind }) => kind === "boundFailed").length, 0);
  });
});
