import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { TestFunction } from "../../runner/runnerFixture.ts";
import { linuxOnly, residentMb, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { AttackBench } from "./bench.ts";
import { holdOpen, sendRaw } from "./rawClient.ts";

const FUNCTIONS: Readonly<Record<string, TestFunction>> = {
  echo: {
    code: "export default { async fetch(request) { return new Response((await request.text()).length); } };",
    routes: ["/echo"],
    limits: { requestBodyBytes: 1_000_000, bodyIdleMs: 400, bodyTotalMs: 1_500 },
  },
  unread: {
    code: "export default { fetch: () => new Response('unread') };",
    routes: ["/unread"],
    limits: { requestBodyBytes: 50_000_000 },
  },
  large: {
    code: `const part = new Uint8Array(65_536); export default { fetch() { let left = 800;
      return new Response(new ReadableStream({ pull(c) { if (left-- > 0) c.enqueue(part); else c.close(); } })); } };`,
    routes: ["/large"],
    limits: { responseBodyBytes: 100_000_000, bodyIdleMs: 700, cpuMs: 2_000 },
  },
  waits: {
    code: "export default { async fetch() { await new Promise((r) => setTimeout(r, 300)); return new Response('waited'); } };",
    routes: ["/waits"],
  },
};

const HOST = "Host: edge.example\r\n";
/** Requests that two parsers could read differently, or none; each gets one 4xx and the end of its connection. */
const MALFORMED: Readonly<Record<string, string>> = {
  "both framings": `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /near HTTP/1.1\r\n${HOST}\r\n`,
  "two lengths": `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 0\r\nContent-Length: 35\r\n\r\nGET /near HTTP/1.1\r\n${HOST}\r\n`,
  "a signed length": `POST /echo HTTP/1.1\r\n${HOST}Content-Length: +5\r\n\r\nhello`,
  "a length with words": `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 5 5\r\n\r\nhello`,
  "an unknown transfer coding": `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  "chunked twice": `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  "a chunk size that overflows": `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx`,
  "a space before the colon": `POST /echo HTTP/1.1\r\n${HOST}Content-Length : 5\r\n\r\nhello`,
  "a folded header": `GET /near HTTP/1.1\r\n${HOST}X-A: 1\r\n\t2\r\n Content-Length: 5\r\n\r\n`,
  "a bare carriage return": `GET /near HTTP/1.1\r\n${HOST}X-A: 1\rContent-Length: 5\r\n\r\n`,
  "a zero byte": `GET /near HTTP/1.1\r\n${HOST}X-A: 1\0\r\n\r\n`,
  "no host": "GET /near HTTP/1.1\r\n\r\n",
  "two hosts": `GET /near HTTP/1.1\r\n${HOST}Host: other.example\r\n\r\n`,
  "credentials in the host": "GET /near HTTP/1.1\r\nHost: a:b@edge.example\r\n\r\n",
  "a path in the host": "GET /near HTTP/1.1\r\nHost: edge.example/x\r\n\r\n",
  "an absolute target": `GET http://other.example/near HTTP/1.1\r\n${HOST}\r\n`,
  "no path": `GET near HTTP/1.1\r\n${HOST}\r\n`,
  "a method that is none": `G\x7fT /near HTTP/1.1\r\n${HOST}\r\n`,
  "a tunnel": `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${HOST}\r\n`,
  "another protocol": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "HTTP/2 without being asked": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
};

describe("neighbours feel nothing of hostile clients", linuxOnly, () => {
  const bench = new AttackBench();
  const open: Socket[] = [];
  const socket = () => bench.runner.config.data;
  before(() => bench.start(FUNCTIONS));
  after(() => bench[Symbol.asyncDispose]());

  async function unharmed(t: TestContext, happening: () => Promise<unknown>): Promise<void> {
    const seen = await bench.observe(async () => {
      await happening().finally(() => {
        for (const held of open.splice(0)) held.destroy();
      });
      return [];
    });
    const { requests, failed, p99Ms } = seen.neighbours;
    t.diagnostic(`neighbours ${requests}, p99 ${p99Ms.toFixed(1)} ms; worker ${seen.workerMb} MB`);
    assert.deepEqual(failed, []);
    assert.deepEqual(seen.deaths, []);
  }
  const routerMb = () => Math.max(...runnerProcesses(bench.supervisor, "router").map(residentMb));

  for (const [what, bytes] of Object.entries(MALFORMED)) {
    it(`refuses ${what}`, async () => {
      const { statuses, closed, text } = await sendRaw(socket(), bytes);
      assert.ok(statuses.length <= 1, `answered more than once: ${text}`);
      assert.ok(statuses.every((status) => status >= 400 && status < 500) && (statuses.length === 1 || closed), text);
    });
  }

  it("refuses headers and targets beyond their limits", async (t) => {
    await unharmed(t, async () => {
      const flood = Array.from({ length: 5_000 }, (_, index) => `X-H${index}: ${"v".repeat(100)}\r\n`).join("");
      const tries = [
        `GET /near HTTP/1.1\r\n${HOST}${flood}\r\n`,
        `GET /near HTTP/1.1\r\n${HOST}Cookie: ${"c".repeat(200_000)}\r\n\r\n`,
        `GET /${"a".repeat(200_000)} HTTP/1.1\r\n${HOST}\r\n`,
        `GET /${"a/".repeat(50_000)} HTTP/1.1\r\n${HOST}\r\n`,
      ];
      for (const bytes of tries) {
        // The answer is lost with a connection that ends while the client still sends.
        let status: number | undefined;
        for (let n = 0; n < 20 && status === undefined; n++) [status] = (await sendRaw(socket(), bytes)).statuses;
        assert.ok(status === 431 || status === 414, `${status}`);
      }
    });
  });

  it("answers each of a thousand requests that one connection sends at once", async (t) => {
    await unharmed(t, async () => {
      const one = `GET /echo HTTP/1.1\r\n${HOST}\r\n`;
      const { statuses } = await sendRaw(socket(), one.repeat(1_000), { enough: 1_000, withinMs: 20_000 });
      assert.equal(statuses.length, 1_000);
      assert.ok(statuses.includes(200) && statuses.every((status) => status === 200 || status === 503));
    });
  });

  it("holds a thousand connections that say nothing, and hundreds that never end their headers", async (t) => {
    await unharmed(t, async () => {
      for (let index = 0; index < 1_000; index++) open.push(holdOpen(socket(), ""));
      for (let index = 0; index < 300; index++) open.push(holdOpen(socket(), `GET /near HTTP/1.1\r\n${HOST}X-Slow: `));
      for (let drip = 0; drip < 10; drip++) {
        await delay(100);
        for (const held of open.slice(1_000)) held.write("x");
      }
    });
  });

  it("ends bodies that come too slowly", async (t) => {
    await unharmed(t, async () => {
      const head = `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\n`;
      const silent = sendRaw(socket(), head, { withinMs: 4_000 });
      for (let index = 0; index < 50; index++) open.push(holdOpen(socket(), head));
      const dripping = setInterval(() => {
        for (const held of open) if (held.writable) held.write("x");
      }, 100);
      const { statuses } = await silent;
      clearInterval(dripping);
      assert.deepEqual(statuses, [408]);
    });
  });

  it("keeps no memory for clients that do not read their answers", async (t) => {
    await unharmed(t, async () => {
      const before = routerMb();
      for (let index = 0; index < 30; index++) {
        const held = holdOpen(socket(), `GET /large HTTP/1.1\r\n${HOST}\r\n`);
        held.pause();
        open.push(held);
      }
      await delay(1_500);
      const grownMb = routerMb() - before;
      t.diagnostic(`the router grew by ${grownMb.toFixed(0)} MB for 30 unread answers of 52 MB`);
      assert.ok(grownMb < 150, `${grownMb} MB`);
    });
  });

  it("keeps no memory for bodies that the function does not read", async (t) => {
    await unharmed(t, async () => {
      const before = routerMb();
      const body = "x".repeat(1_000_000);
      for (let index = 0; index < 10; index++) {
        const held = holdOpen(socket(), `POST /unread HTTP/1.1\r\n${HOST}Content-Length: 40000000\r\n\r\n`);
        for (let part = 0; part < 40; part++) held.write(body, "latin1");
        open.push(held);
      }
      await delay(1_000);
      const grownMb = routerMb() - before;
      t.diagnostic(`the router grew by ${grownMb.toFixed(0)} MB for 10 unread bodies of 40 MB`);
      assert.ok(grownMb < 150, `${grownMb} MB`);
    });
  });

  it("lets go of requests whose clients left at once", async (t) => {
    await unharmed(t, async () => {
      for (let wave = 0; wave < 5; wave++) {
        const wavers = Array.from({ length: 100 }, () => holdOpen(socket(), `GET /waits HTTP/1.1\r\n${HOST}\r\n`));
        await delay(20);
        for (const held of wavers) held.destroy();
      }
      await delay(500);
      assert.equal((await bench.runner.fetch("/waits")).body, "waited");
    });
  });

  it("refuses a body over its limit, declared or not", async (t) => {
    await unharmed(t, async () => {
      const declared = await sendRaw(socket(), `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 1000001\r\n\r\n`);
      assert.deepEqual(declared.statuses, [413]);
      const chunk = `${(100_000).toString(16)}\r\n${"x".repeat(100_000)}\r\n`;
      const chunked = await sendRaw(socket(), [
        `POST /echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`,
        ...Array.from({ length: 11 }, () => chunk),
      ]);
      assert.deepEqual(chunked.statuses, [413]);
    });
  });
});
