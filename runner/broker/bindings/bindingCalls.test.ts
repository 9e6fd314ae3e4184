import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { WINDOW_BYTES } from "../../protocol/credit.ts";
import { until } from "../../runnerFixture.ts";
import { KEY, NOTES, newBroker, SLOT } from "./brokerFixture.ts";
import { BindingFault, type Operation } from "./engine.ts";
import { Places } from "./places.ts";

const UNTOLD = { toString: 1 };
const NONSENSE = [null, { key: UNTOLD }, { key: [KEY] }, { binding: UNTOLD }, { operation: UNTOLD }];

describe("operations of bindings", () => {
  it("are done with the names that the router granted, and counted", async () => {
    const seen: Operation[] = [];
    const broker = newBroker(async (operation) => {
      seen.push(operation);
      return { result: { a: 1 }, body: Buffer.from("value") };
    });
    broker.bind(1, { args: { key: "k" } }, Buffer.from("sent"));
    await until("an answer", () => broker.heard("bound", 1).length === 1);
    assert.deepEqual(broker.heard("bound", 1)[0]?.meta, { result: { a: 1 } });
    assert.equal(broker.heard("bound", 1)[0]?.body.toString(), "value");
    assert.partialDeepStrictEqual(seen[0], { function: "mine", name: "notes", operation: "get", args: { key: "k" } });
    await until("it is counted", () => broker.outcomes()[0]?.[0] === "answered");
  });

  it("are refused for another slot's function, another binding, another operation and a body that should stream", async () => {
    const broker = newBroker(() => Promise.reject(new Error("never asked")));
    broker.grants.give(KEY + 1, { slot: SLOT + 1, function: "theirs", allow: null, bindings: NOTES });
    broker.bind(1, { key: KEY + 1 });
    broker.bind(2, { binding: "OTHERS" });
    broker.bind(3, { binding: "constructor" });
    broker.bind(4, { operation: "drop" });
    broker.bind(5, { operation: "toString" });
    broker.bind(6, { binding: "USERS" });
    broker.bind(7, {}, Buffer.alloc(WINDOW_BYTES + 1));
    const codes = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((id) => broker.fault(id)));
    const [refused, invalid] = ["ERR_BINDING_REFUSED", "ERR_BINDING_INVALID"];
    assert.deepEqual(codes, [refused, refused, refused, invalid, invalid, invalid, "ERR_BINDING_TOO_LARGE"]);
  });

  for (const meta of NONSENSE) {
    it(`that are nonsense reject nothing that nobody hears: ${JSON.stringify(meta)}`, async () => {
      const broker = newBroker(() => Promise.reject(new Error("never asked")));
      const head = meta === null ? meta : { binding: "NOTES", operation: "get", args: {}, key: KEY, ...meta };
      assert.throws(() => broker.say("bind", 1, head as never), TypeError);
      broker.bind(2, { operation: "drop" });
      assert.equal(await broker.fault(2), "ERR_BINDING_INVALID");
    });
  }

  it("that fail outside of their engine cost their worker its link", async () => {
    const broker = newBroker(() => Promise.reject(new Error("never asked")));
    broker.figures.add = () => {
      throw new Error("the figures are broken");
    };
    broker.bind(1);
    await until("it is dropped", broker.isDropped);
  });

  it("say what their engine says, and nothing of what is wrong with ourselves", async () => {
    const faults = [
      new BindingFault("ERR_BINDING_FAILED", "no such table", { storeCode: "SQLITE_ERROR" }),
      new Error("a path: /srv"),
    ];
    const broker = newBroker(() => Promise.reject(faults.shift()));
    broker.bind(1);
    assert.equal(await broker.fault(1), "ERR_BINDING_FAILED");
    assert.partialDeepStrictEqual(broker.heard("boundFailed", 1)[0]?.meta, {
      message: "no such table",
      storeCode: "SQLITE_ERROR",
    });
    broker.bind(2);
    assert.equal(await broker.fault(2), "ERR_BINDING_FAILED");
    assert.doesNotMatch(JSON.stringify(broker.heard("boundFailed", 2)[0]?.meta), /srv/);
  });

  it("take a body in parts, with credit, and give one so", async () => {
    let taken = 0;
    const broker = newBroker(async ({ body }) => {
      for await (const part of body as Readable) taken += part.length;
      return { body: Readable.from([Buffer.alloc(WINDOW_BYTES), Buffer.alloc(1_000)], { objectMode: false }) };
    });
    const bytes = () => broker.heard("part", 1).reduce((sum, { body }) => sum + body.length, 0);
    broker.bind(1, { streams: true });
    for (let index = 0; index < 4; index++) broker.say("part", 1, null, Buffer.alloc(64 * 1024));
    await until("credit comes back", () => broker.heard("credit", 1).length > 0);
    broker.say("partEnd", 1, null);
    await until("a window of it is sent", () => bytes() === WINDOW_BYTES);
    assert.equal(taken, WINDOW_BYTES);
    assert.deepEqual(broker.heard("bound", 1)[0]?.meta, { result: null, streams: true });
    assert.equal(broker.heard("partEnd", 1).length, 0);
    broker.say("credit", 1, { bytes: 64 * 1024 });
    await until("its end", () => broker.heard("partEnd", 1).length === 1);
    assert.equal(bytes(), WINDOW_BYTES + 1_000);
  });

  it("end when nobody waits for them: while they run, while their result is sent, and when the worker goes", async () => {
    const signals: AbortSignal[] = [];
    const bodies: Readable[] = [];
    const broker = newBroker(async ({ signal, args }) => {
      signals.push(signal);
      if (args !== "stream") return new Promise(() => {});
      const body = new Readable({ read() {} });
      bodies.push(body);
      return { body };
    });
    broker.bind(1);
    broker.bind(2, { args: "stream" });
    broker.bind(3);
    await until("all run", () => signals.length === 3 && broker.heard("bound", 2).length === 1);
    broker.say("fetchCancel", 1, null);
    broker.say("fetchCancel", 2, null);
    await until("two have ended", () => signals[0]?.aborted === true && signals[1]?.aborted === true);
    assert.equal(bodies[0]?.destroyed, true);
    assert.equal(signals[2]?.aborted, false);
    broker.calls.abortAll();
    let cancelled = 0;
    await until("all are counted", () => {
      for (const [outcome, count] of broker.outcomes()) if (outcome === "cancelled") cancelled += Number(count);
      return cancelled === 3;
    });
    assert.equal(broker.frames.filter(({ kind }) => kind === "boundFailed").length, 0);
  });

  it("have a time limit to their result", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const broker = newBroker(() => new Promise(() => {}));
    broker.bind(1);
    t.mock.timers.tick(29_999);
    await Promise.resolve();
    assert.equal(broker.heard("boundFailed", 1).length, 0);
    t.mock.timers.tick(1);
    t.mock.timers.reset();
    assert.equal(await broker.fault(1), "ERR_BINDING_TIMEOUT");
  });

  it("of one function run so many at once; more wait, yet more are refused, and other functions wait for none of them", async () => {
    const running: (() => void)[] = [];
    const places = new Places();
    const broker = newBroker(({ function: name }) => {
      if (name === "theirs") return Promise.resolve({});
      return new Promise((resolve) => running.push(() => resolve({})));
    }, places);
    broker.grants.give(KEY + 1, { slot: SLOT, function: "theirs", allow: null, bindings: NOTES });
    for (let id = 1; id <= 64 + 1_024; id++) broker.bind(id);
    broker.bind(2_000);
    assert.equal(await broker.fault(2_000), "ERR_BINDING_OVERLOADED");
    assert.equal(running.length, 64);
    broker.bind(3_000, { key: KEY + 1 });
    await until("another function is served", () => broker.heard("bound", 3_000).length === 1);
    broker.say("fetchCancel", 65, null);
    running[0]?.();
    await until("the next one runs", () => running.length === 65);
    let done = 0;
    while (done < running.length) {
      running[done++]?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(done, 64 + 1_024 - 1);
    broker.bind(4_000);
    await until("there is a place again", () => running.length === done + 1);
  });
});
