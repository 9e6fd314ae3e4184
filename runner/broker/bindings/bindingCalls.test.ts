import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import type { Bindings } from "../../bindings/kinds.ts";
import { WINDOW_BYTES } from "../../protocol/credit.ts";
import type { Frame, Kind, Messages } from "../../protocol/messages.ts";
import { until } from "../../runnerFixture.ts";
import { Grants } from "../grants.ts";
import { BindingCalls, type BindingEngines } from "./bindingCalls.ts";
import { BindingFigures } from "./bindingFigures.ts";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "./engine.ts";
import { HeldBytes } from "./heldBytes.ts";
import { Places } from "./places.ts";

const SLOT = 3;
const KEY = 7;
const NONE = Buffer.alloc(0);
const NOTES: Bindings = { NOTES: { kind: "kv", name: "notes" }, USERS: { kind: "function", name: "users" } };

const UNTOLD = { toString: 1 };
const NONSENSE = [null, { key: UNTOLD }, { key: [KEY] }, { binding: UNTOLD }, { operation: UNTOLD }];

/** A broker with one worker, whose frames are looked at, and an engine of the test's own for every kind. */
function newBroker(run: (operation: Operation) => Promise<OperationResult>, places = new Places()) {
  const frames: Frame[] = [];
  let isDropped = false;
  const link = {
    send: <K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array) => {
      frames.push({ kind, id, meta, body: Buffer.from(body ?? NONE) } as Frame);
    },
    drop: () => {
      isDropped = true;
    },
  };
  const engine: BindingEngine = { run };
  const engines = new Proxy({}, { get: () => engine }) as BindingEngines;
  const grants = new Grants();
  const figures = new BindingFigures();
  const calls = new BindingCalls(SLOT, link, { grants, engines, figures, places, held: new HeldBytes() });
  grants.give(KEY, { slot: SLOT, function: "mine", allow: null, bindings: NOTES });
  const say = <K extends Kind>(kind: K, id: number, meta: Messages[K], body = NONE) =>
    calls.hear({ kind, id, meta, body } as Frame);
  const bind = (id: number, more: Partial<Messages["bind"]> = {}, body = NONE) =>
    say("bind", id, { binding: "NOTES", operation: "get", args: {}, key: KEY, ...more }, body);
  const heard = (kind: Kind, id: number) => frames.filter((frame) => frame.kind === kind && frame.id === id);
  const fault = async (id: number) => {
    await until("it fails", () => heard("boundFailed", id).length === 1);
    const [failed] = heard("boundFailed", id) as Extract<Frame, { kind: "boundFailed" }>[];
    return failed?.meta.code;
  };
  const outcomes = () => figures.take().flatMap(({ counts }) => counts.map(([, outcome, count]) => [outcome, count]));
  return { calls, grants, figures, frames, say, bind, heard, fault, outcomes, isDropped: () => isDropped };
}

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

  it("of one function hold so much of the broker; another function has room all the same, and what is over gives its own back", async () => {
    const running: (() => void)[] = [];
    const broker = newBroker(() => new Promise((resolve) => running.push(() => resolve({}))));
    broker.grants.give(KEY + 1, { slot: SLOT, function: "theirs", allow: null, bindings: NOTES });
    const body = Buffer.alloc(WINDOW_BYTES);
    for (let id = 1; id <= 128; id++) broker.bind(id, {}, body);
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
    const size = 4 * 1024 * 1024;
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
