import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until } from "../runnerFixture.ts";
import { grant, KEY, newBroker, origin, SLOT } from "./subRequestsFixture.ts";

describe("sub-requests", () => {
  it("are served for a function that the slot was granted, and counted", async () => {
    const port = await origin((_, response) => response.end("hello"));
    const broker = newBroker([port]);
    grant(broker);
    broker.fetch(1, port);
    await until("an answer", () => broker.heard("fetched", 1).length === 1);
    assert.equal(broker.heard("fetched", 1)[0]?.body.toString(), "hello");
    assert.deepEqual(broker.figures.take(), [
      { key: KEY, answered: 1, failed: 0, timedOut: 0, cancelled: 0, sentBytes: 0, receivedBytes: 5, refusals: {} },
    ]);
  });

  it("are refused and counted for a function of another slot, and wait for a grant that is on its way", async () => {
    const port = await origin((_, response) => response.end("hello"));
    const broker = newBroker([port]);
    broker.grants.give(KEY, { slot: SLOT + 1, function: "mine", bindings: {}, allow: null });
    broker.fetch(1, port);
    await until("a refusal", () => broker.heard("fetchFailed", 1).length === 1);
    assert.deepEqual(broker.heard("fetchFailed", 1)[0]?.meta, {
      message: "fetch failed: the worker does not run this function",
    });
    assert.deepEqual(broker.figures.take()[0]?.refusals, { grant: 1 });
    broker.fetch(2, port);
    grant(broker);
    await until("an answer", () => broker.heard("fetched", 2).length === 1);
    broker.grants.revoke(SLOT, KEY);
    broker.fetch(3, port);
    await until("a refusal", () => broker.heard("fetchFailed", 3).length === 1);
  });

  for (const meta of [null, { key: { toString: 1 } }, { key: [KEY] }, { url: { toString: 1 } }, { method: 1 }]) {
    it(`that are nonsense reject nothing that nobody hears: ${JSON.stringify(meta)}`, async () => {
      const port = await origin((_, response) => response.end("hello"));
      const broker = newBroker([port]);
      grant(broker);
      const head =
        meta === null ? meta : { url: "http://x/", method: "GET", headers: [], key: KEY, caller: 1, ...meta };
      assert.throws(() => broker.say("fetch", 1, head as never), TypeError);
      broker.fetch(2, port);
      await until("an answer", () => broker.heard("fetched", 2).length === 1);
    });
  }

  it("that fail outside of what answers them cost their worker its link", async () => {
    const broker = newBroker([]);
    broker.figures.refused = () => {
      throw new Error("the figures are broken");
    };
    broker.fetch(1, 1);
    await until("it is dropped", broker.isDropped);
  });

  it("are held to the function's allow list", async () => {
    const port = await origin((_, response) => response.end("hello"));
    const broker = newBroker([port]);
    grant(broker, ["api.example.com"]);
    broker.fetch(1, port);
    await until("a refusal", () => broker.heard("fetchFailed", 1).length === 1);
    assert.deepEqual(broker.figures.take()[0]?.refusals, { "allow-list": 1 });
  });

  it("end at the origin when the worker cancels, or is gone", async () => {
    let closed = 0;
    const port = await origin((_, response) => {
      response.writeHead(200).write("a");
      response.on("close", () => closed++);
    });
    const broker = newBroker([port]);
    grant(broker);
    for (const id of [1, 2, 3]) broker.fetch(id, port);
    await until("all have heads", () => broker.frames.filter(({ kind }) => kind === "fetched").length === 3);
    broker.say("fetchCancel", 1, null);
    await until("one is closed", () => closed === 1);
    broker.requests.abortAll();
    await until("all are closed", () => closed === 3);
    assert.equal(broker.figures.take()[0]?.cancelled, 3);
  });

  it("ask the worker for each redirect, and end when they are cancelled before its word comes", async () => {
    let served = 0;
    const port = await origin((_, response) => {
      served++;
      response.writeHead(302, { location: "/" }).end();
    });
    const broker = newBroker([port]);
    grant(broker);
    for (const id of [1, 2]) broker.fetch(id, port);
    for (let hops = 1; hops <= 3; hops++) {
      await until("it asks", () => broker.heard("hop", 1).length === hops);
      broker.say("hopAllowed", 1, { isAllowed: hops < 3 });
    }
    await until("it is over the limit", () => broker.heard("fetchFailed", 1).length === 1);
    assert.partialDeepStrictEqual(broker.heard("fetchFailed", 1)[0]?.meta, { overLimit: { limit: "subRequests" } });
    assert.equal(served, 4);
    broker.say("fetchCancel", 2, null);
    await until("it is over", () => broker.heard("fetchFailed", 2).length === 1);
    assert.equal(broker.figures.take()[0]?.cancelled, 1);
  });

  it("have a bound for each function, whatever it waits for", async () => {
    const port = await origin(() => {});
    const broker = newBroker([port]);
    grant(broker);
    for (let id = 1; id <= 300; id++) broker.fetch(id, port);
    await until(
      "the rest is refused",
      () => broker.frames.filter(({ kind }) => kind === "fetchFailed").length === 300 - 256,
    );
    assert.deepEqual(broker.figures.take()[0]?.refusals, { concurrency: 300 - 256 });
    broker.requests.abortAll();
  });

  it("leave places in their worker for other functions", async () => {
    const port = await origin((request, response) => {
      if (request.url === "/quick") response.end("hello");
    });
    const broker = newBroker([port]);
    const functions = [KEY, KEY + 1, KEY + 2];
    for (const key of functions)
      broker.grants.give(key, { slot: SLOT, function: `mine-${key}`, bindings: {}, allow: null });
    let id = 0;
    for (let round = 0; round < 256; round++)
      for (const key of functions.slice(0, 2)) broker.fetch(++id, port, { key });
    await until("each has its share", () => {
      const refusals = broker.frames.filter(({ kind }) => kind === "fetchFailed").length;
      return refusals > 100;
    });
    broker.fetch(++id, port, { key: functions[2] as number, url: `http://127.0.0.1:${port}/quick` });
    await until("the third is served", () => broker.heard("fetched", id).length === 1);
    broker.requests.abortAll();
  });
});
