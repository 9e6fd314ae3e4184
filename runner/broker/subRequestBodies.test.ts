import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { Messages } from "../protocol/messages.ts";
import { until } from "../runnerFixture.ts";
import { grant, newBroker, origin } from "./subRequestsFixture.ts";

describe("bodies of sub-requests", () => {
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
});
