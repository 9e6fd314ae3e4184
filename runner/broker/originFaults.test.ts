import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import { OriginTimeout } from "./egress.ts";
import { get, http, newEgress, raw, text } from "./egressFixture.ts";
import { OutboundBody } from "./outboundBody.ts";

describe("an origin that does not do what it should", () => {
  it("undoes content encodings piece by piece: a bomb grows only as it is read", async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    const port = await http((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(bomb));
    const { egress } = newEgress();
    const { head, body } = await get(egress, `http://bomb.example:${port}/`);
    assert.equal(
      head.headers.find(([name]) => name === "content-encoding"),
      undefined,
    );
    const before = process.memoryUsage.rss();
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > 1024 * 1024) break;
    }
    assert.ok(body.destroyed);
    assert.ok(process.memoryUsage.rss() - before < 64 * 1024 * 1024);
  });

  const HOSTILE: [title: string, answer: (socket: Socket) => void, message: RegExp][] = [
    ["headers without end", flood("HTTP/1.1 200 OK\r\n", "x-more: 0123456789\r\n"), /HPE_HEADER_OVERFLOW/],
    ["interim answers without end", flood("", "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), /8 interim answers/],
    [
      "an unasked upgrade",
      (socket) => socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc"),
      /failed/,
    ],
    ["no HTTP", (socket) => socket.end("SSH-2.0-OpenSSH\r\n"), /it sends no valid HTTP/],
    [
      "two lengths",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
      /it sends no valid HTTP/,
    ],
    [
      "a length and chunks",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
      /it sends no valid HTTP/,
    ],
    ["nothing, and goes", (socket) => socket.end(), /ECONNRESET/],
  ];
  for (const [title, answer, message] of HOSTILE) {
    it(`survives an origin that sends ${title}`, async () => {
      const port = await raw(answer);
      const { egress } = newEgress();
      await assert.rejects(get(egress, `http://hostile.example:${port}/`), message);
    });
  }

  const BROKEN: [title: string, answer: string][] = [
    ["is cut", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"],
    ["has a broken chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcZZ"],
    ["is no gzip", "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 6\r\n\r\nabcdef"],
  ];
  for (const [title, answer] of BROKEN) {
    it(`gives an error for a body that ${title}`, async () => {
      const port = await raw((socket) => socket.end(answer));
      const { egress } = newEgress();
      const response = await get(egress, `http://broken.example:${port}/`);
      await assert.rejects(text(response));
    });
  }

  it("closes the connection when the function gives up", async () => {
    let closed: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const port = await http((_, response) => {
      response.write("a");
      response.on("close", () => closed?.());
    });
    const { egress } = newEgress();
    const controller = new AbortController();
    const { body } = await get(egress, `http://slow.example:${port}/`, { signal: controller.signal });
    body.on("error", () => {});
    controller.abort();
    await gone;
  });

  it("has 30 s for its head, redirects included", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const asked = Promise.withResolvers<void>();
    const port = await http((request, response) => {
      if (request.url === "/last") return asked.resolve();
      t.mock.timers.tick(15_000);
      response.writeHead(302, { location: "/last" }).end();
    });
    const { egress } = newEgress();
    let isOver = false;
    const answer = get(egress, `http://late.example:${port}/`).finally(() => {
      isOver = true;
    });
    const late = assert.rejects(answer, (error) => {
      assert.ok(error instanceof OriginTimeout);
      assert.match(error.message, /did not answer within 30000 ms/);
      return true;
    });
    await asked.promise;
    t.mock.timers.tick(14_999);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(!isOver);
    t.mock.timers.tick(1);
    await late;
  });

  it("may send its body for longer than it has for its head", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let send: ServerResponse | undefined;
    const port = await http((_, response) => {
      send = response;
      response.write("a");
    });
    const { egress } = newEgress();
    const answer = await get(egress, `http://slow.example:${port}/`);
    t.mock.timers.tick(40_000);
    send?.end("b");
    assert.equal(await text(answer), "ab");
  });

  it("may be silent in a body for 60 s, the time that its reader takes not counted", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const body = new PassThrough();
    const outbound = new OutboundBody(body);
    let sentBytes = 0;
    const streamed = outbound.stream((part) => {
      sentBytes += part.length;
    });
    const silent = assert.rejects(streamed, /the origin sent nothing for 60000 ms/);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    body.write(Buffer.alloc(WINDOW_BYTES + 1));
    await turn();
    assert.equal(sentBytes, WINDOW_BYTES);
    t.mock.timers.tick(200_000);
    await turn();
    assert.ok(!body.destroyed);
    outbound.credit(WINDOW_BYTES);
    await turn();
    assert.equal(sentBytes, WINDOW_BYTES + 1);
    for (let part = 0; part < 3; part++) {
      t.mock.timers.tick(59_999);
      await turn();
      assert.ok(!body.destroyed);
      body.write("x");
      await turn();
    }
    t.mock.timers.tick(60_000);
    await silent;
    assert.ok(body.destroyed);
  });
});

function flood(start: string, line: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(start);
    const more = () => {
      while (!socket.destroyed && socket.write(line.repeat(50)));
      if (!socket.destroyed) socket.once("drain", more);
    };
    more();
  };
}
