import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { Frame, Kind, Messages } from "../protocol/messages.ts";
import { until } from "../runnerFixture.ts";
import { EgressRules } from "./destination.ts";
import { Egress } from "./egress.ts";
import { Figures } from "./figures.ts";
import { Grants } from "./grants.ts";
import { Neighbours } from "./neighbours.ts";
import { SubRequests } from "./subRequests.ts";
import { Tally } from "./tally.ts";

const SLOT = 3;
const KEY = 7;
const NONE = Buffer.alloc(0);
const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

async function origin(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** A broker with one worker, whose frames are looked at. */
function newBroker(ports: readonly number[]) {
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
  const origins = ports.map((port) => ({ host: "127.0.0.1", port }));
  const rules = new EgressRules({ origins, denied: [], machine: [] });
  const grants = new Grants();
  const figures = new Figures();
  const egress = new Egress(rules, async () => []);
  const neighbours = new Neighbours("/nowhere", "");
  const requests = new SubRequests(SLOT, link, { grants, egress, neighbours, figures }, new Tally());
  const say = <K extends Kind>(kind: K, id: number, meta: Messages[K], body = NONE) =>
    requests.hear({ kind, id, meta, body } as Frame);
  const fetch = (id: number, port: number, more: Partial<Messages["fetch"]> = {}, body = NONE) => {
    const head = {
      url: `http://127.0.0.1:${port}/`,
      method: "GET",
      headers: [],
      redirect: "follow",
    } as const;
    say("fetch", id, { ...head, key: KEY, caller: 1, ...more }, body);
  };
  const heard = (kind: Kind, id: number) => frames.filter((frame) => frame.kind === kind && frame.id === id);
  const bytes = (id: number) => heard("part", id).reduce((sum, { body }) => sum + body.length, 0);
  return { requests, grants, figures, frames, say, fetch, heard, bytes, isDropped: () => isDropped };
}

function grant({ grants }: { grants: Grants }, allow: readonly string[] | null = null): void {
  grants.give(KEY, { slot: SLOT, function: "mine", bindings: {}, allow });
}

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

  it("send no more of a response than they have credit for, and go on when it comes", async () => {
    const size = 1024 * 1024;
    const port = await origin((_, response) => response.end(Buffer.alloc(size, 1)));
    const broker = newBroker([port]);
    grant(broker);
    broker.fetch(1, port);
    await until("the window is full", () => broker.bytes(1) === WINDOW_BYTES);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(broker.bytes(1), WINDOW_BYTES);
    broker.say("credit", 1, { bytes: 1_000 });
    await until("a little more", () => broker.bytes(1) === WINDOW_BYTES + 1_000);
    while (broker.heard("partEnd", 1).length === 0) {
      const before = broker.bytes(1);
      broker.say("credit", 1, { bytes: WINDOW_BYTES });
      await until("more", () => broker.bytes(1) > before || broker.heard("partEnd", 1).length > 0);
    }
    assert.equal(broker.bytes(1), size);
  });

  it("tell the head of a slow response at once and its parts as they come", async () => {
    let more: ((text: string) => void) | undefined;
    const port = await origin((_, response) => {
      response.writeHead(200).flushHeaders();
      more = (text) => void response.write(text);
    });
    const broker = newBroker([port]);
    grant(broker);
    broker.fetch(1, port);
    await until("the head", () => broker.heard("fetched", 1).length === 1);
    for (const text of ["one", "two"]) {
      const before = broker.heard("part", 1).length;
      more?.(text);
      await until("the part", () => broker.heard("part", 1).length > before);
      assert.equal(broker.heard("part", 1).at(-1)?.body.toString(), text);
    }
  });

  it("say that a body is not whole when its origin goes away", async () => {
    const port = await origin((_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("abc");
      setTimeout(() => response.destroy(), 20);
    });
    const broker = newBroker([port]);
    grant(broker);
    broker.fetch(1, port);
    await until("the end", () => broker.heard("partFailed", 1).length === 1);
    assert.equal(broker.heard("partEnd", 1).length, 0);
    assert.equal(broker.figures.take()[0]?.failed, 1);
  });

  it("carry a body in parts to the origin and give credit as it takes them", async () => {
    let held: (() => void) | undefined;
    let received = 0;
    const port = await origin((request, response) => {
      held = () => {
        request.on("data", (chunk) => {
          received += chunk.length;
        });
        request.on("end", () => response.end(`${received}`));
      };
    });
    const broker = newBroker([port]);
    grant(broker);
    broker.fetch(1, port, { method: "POST", streams: true });
    const part = Buffer.alloc(64 * 1024);
    let sent = 0;
    let open = WINDOW_BYTES;
    const pour = () => {
      for (; open >= part.length; open -= part.length, sent += part.length) broker.say("part", 1, null, part);
    };
    pour();
    await until("the origin has the head", () => held !== undefined);
    held?.();
    let used = 0;
    while (sent < 2 * 1024 * 1024) {
      const credit = () =>
        broker.heard("credit", 1).reduce((sum, frame) => sum + (frame.meta as Messages["credit"]).bytes, 0);
      await until("credit", () => credit() > used);
      open += credit() - used;
      used = credit();
      pour();
    }
    broker.say("partEnd", 1, null);
    await until("the answer", () => broker.heard("fetched", 1).length === 1);
    assert.equal(broker.heard("fetched", 1)[0]?.body.toString(), `${sent}`);
    assert.equal(broker.figures.take()[0]?.sentBytes, sent);
  });

  it("fail when the body comes without credit, and when the worker breaks it off", async () => {
    const port = await origin((request, response) => request.on("end", () => response.end()));
    const broker = newBroker([port]);
    grant(broker);
    broker.fetch(1, port, { method: "POST", streams: true });
    for (let index = 0; index < 40; index++) broker.say("part", 1, null, Buffer.alloc(64 * 1024));
    broker.fetch(2, port, { method: "POST", streams: true });
    broker.say("partFailed", 2, { message: "the function's stream failed" });
    await until("both fail", () => broker.heard("fetchFailed", 1).length + broker.heard("fetchFailed", 2).length === 2);
  });

  it("are not taken with a whole body that should have come in parts", async () => {
    const port = await origin((_, response) => response.end("hello"));
    const broker = newBroker([port]);
    grant(broker);
    broker.fetch(1, port, { method: "POST" }, Buffer.alloc(WINDOW_BYTES + 1));
    await until("it is refused", () => broker.heard("fetchFailed", 1).length === 1);
    broker.fetch(2, port, { method: "POST" }, Buffer.alloc(WINDOW_BYTES));
    await until("an answer", () => broker.heard("fetched", 2).length === 1);
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
