import assert from "node:assert/strict";
import http2 from "node:http2";
import net from "node:net";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../runner/runnerFixture.ts";
import { residentMb } from "../../runner/runnerProcesses.ts";
import { toDoor } from "../node/clients.ts";
import { exchange } from "../node/rawExchange.ts";
import { TestNode } from "../node/testNode.ts";
import { type Flood, flood } from "./flood.ts";
import { Neighbour } from "./neighbour.ts";
import { END_HEADERS, END_STREAM, FRAME, fieldBlock, frame } from "./rawHttp2.ts";

const HOST = "Host: edge.test\r\n";
const REQUEST = [
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/x"],
  [":authority", "edge.test"],
] as const;
/** Connections that say nothing; the machine's limit of files must let HAProxy and this process hold them. */
const IDLE_CONNECTIONS = 9_000;
/** 40 KB for the TLS of a connection, and a buffer for a head that does not end. */
const GROWN_MB_MAX = 500;
/** Others' requests may take twice as long: of each hundred the slowest, where nobody else uses the machine, else the one in the middle. */
const SLOWER_AT_MOST = 2;
const SHARE = process.env.EDGE_TEST_FULL ? 0.99 : 0.5;
/** Less than this is no harm where others use the machine, too, and the best of so many attempts counts. */
const UNFELT_MS = process.env.EDGE_TEST_FULL ? 0 : 25;
const ATTEMPTS = 3;
/** How long others are looked at: of what they asked in it, one in a hundred is then more than one. */
const WINDOW_MS = process.env.EDGE_TEST_FULL ? 8_000 : 1_000;
/** What is reset late has been a request like others', and takes what they take: so many leave the node time for others. */
const SENT_ON_PER_SECOND = 500;
/** Numbers of streams between one that is opened and one that is reset with it: as many as there are in two steps of time. */
const UNDER_WAY = 20;

const node = new TestNode();
const held = new Set<net.Socket>();
let attackers = 0;

before(() =>
  node.start({
    x: {
      code: "export default { async fetch(request) { return new Response('x' + (await request.text()).length); } };",
      routes: ["/x"],
    },
    // A function's own concurrency is what hostile clients of that function may use up.
    near: { code: "export default { fetch: () => new Response('near') };", routes: ["/near"] },
  }),
);
after(async () => {
  for (const socket of held) socket.destroy();
  await node[Symbol.asyncDispose]();
});

describe("others feel nothing of", { concurrency: 1 }, () => {
  it(`${IDLE_CONNECTIONS} connections that say nothing`, async (t) => {
    const { address, ports } = node.config;
    await unharmed(t, async () => {
      while (held.size < IDLE_CONNECTIONS)
        await Promise.all(Array.from({ length: 100 }, () => hold(net.connect(ports.https, address))));
      await until("HAProxy holds them", async () => (await connections()) >= IDLE_CONNECTIONS);
      await delay(WINDOW_MS);
    });
  });

  it("two hundred clients that never end their heads, or send a body byte by byte", async (t) => {
    await unharmed(t, async () => {
      const starts = [
        `GET /x HTTP/1.1\r\n${HOST}X-Slow: `,
        `POST /x HTTP/1.1\r\n${HOST}Content-Length: 100000\r\n\r\n`,
      ];
      const sockets = await Promise.all(
        Array.from({ length: 200 }, async (_, index) => {
          const socket = await hold(await toDoor(node));
          socket.write(starts[index % 2] as string);
          return socket;
        }),
      );
      for (let drip = 0; drip < 20; drip++) {
        for (const socket of sockets) if (socket.writable) socket.write("x");
        await delay(50);
      }
    });
  });

  it("heads that are too large, a hundred after the other", async (t) => {
    await unharmed(t, async () => {
      for (let count = 0; count < 100; count++) {
        const { answers, closed } = await exchange(
          await toDoor(node),
          `GET /x HTTP/1.1\r\n${HOST}X: ${"v".repeat(300_000)}\r\n\r\n`,
        );
        assert.ok(closed || [400, 431].includes(answers[0]?.status ?? 0), answers[0]?.head ?? "no answer");
      }
    });
  });

  it("streams that are reset as they are opened (CVE-2023-44487)", async (t) => {
    await unharmed(t, () => flood(attacker(), (stream) => [opened(stream), reset(stream)]));
  });

  it("streams that are reset when the door has sent them on", async (t) => {
    await unharmed(t, () =>
      flood(attacker(SENT_ON_PER_SECOND), (stream) => [
        // Its body does not come, so nobody answers it before it is reset.
        frame(FRAME.headers, END_HEADERS, stream, fieldBlock([[":method", "POST"], ...REQUEST.slice(1)])),
        ...(stream < UNDER_WAY ? [] : [reset(stream - UNDER_WAY)]),
      ]),
    );
  });

  it("streams that the door is made to reset (CVE-2025-8671)", async (t) => {
    await unharmed(t, () =>
      flood(attacker(), (stream) => [
        frame(FRAME.headers, END_HEADERS, stream, fieldBlock(REQUEST)),
        // An increment of nothing is an error of the stream.
        frame(FRAME.windowUpdate, 0, stream, Buffer.alloc(4)),
      ]),
    );
  });

  it("heads without end (CVE-2024-27316)", async (t) => {
    const first = frame(FRAME.headers, END_STREAM, 1, fieldBlock(REQUEST));
    await unharmed(t, () =>
      flood(attacker(), (stream) => [
        stream === 1 ? first : frame(FRAME.continuation, 0, 1, fieldBlock([["x", "v".repeat(100)]])),
      ]),
    );
  });

  it("pings, settings and empty frames without end", async (t) => {
    const open = frame(FRAME.headers, END_HEADERS, 1, fieldBlock(REQUEST));
    await unharmed(t, () =>
      flood(attacker(), (stream) => [
        frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
        frame(FRAME.settings, 0, 0),
        stream === 1 ? open : frame(FRAME.data, 0, 1),
      ]),
    );
  });
});

it("a client that waits for its answers may ask without end: fifty at once, for longer than what is given up is counted", async () => {
  const socket = await toDoor(node, { ALPNProtocols: ["h2"] });
  const session = http2.connect("https://edge.test", { createConnection: () => socket });
  const statuses = new Map<number, number>();
  const endAt = performance.now() + 11_000;
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (performance.now() < endAt) {
        const status = await statusOf(session.request({ ":path": "/near" }));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  session.close();
  assert.deepEqual([...statuses.keys()], [200]);
});

it("a head that does not come in ten seconds ends its connection", async () => {
  const { answers, closed } = await exchange(await toDoor(node), `GET /x HTTP/1.1\r\n${HOST}X-Slow: `, {
    withinMs: 20_000,
    quietMs: 5_000,
  });
  assert.deepEqual([answers[0]?.status, closed], [408, true]);
});

/** A neighbour asks all the while, and is always answered by the same HAProxy, which does not grow. */
async function unharmed(t: TestContext, attack: () => Promise<unknown>): Promise<void> {
  const haproxy = node.process("haproxy");
  await using neighbour = new Neighbour(node);
  const slowest = async (happening: () => Promise<unknown>) => {
    const times = await neighbour.timesMs(happening);
    return times[Math.floor(times.length * SHARE)] ?? 0;
  };
  const attempts: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const quietMs = await slowest(() => delay(WINDOW_MS));
    const beforeMb = residentMb(haproxy.pid as number);
    const attackedMs = await slowest(attack);
    const grownMb = residentMb(haproxy.pid as number) - beforeMb;
    for (const socket of held) socket.destroy();
    held.clear();
    const quietAgainMs = await slowest(() => delay(WINDOW_MS));
    assert.equal(haproxy.exitCode, null, node.log("haproxy").slice(-500));
    assert.ok(grownMb < GROWN_MB_MAX, `HAProxy grew by ${grownMb} MB`);
    const said = `${attackedMs.toFixed(1)} ms, ${quietMs.toFixed(1)} ms before and ${quietAgainMs.toFixed(1)} ms after`;
    attempts.push(said);
    t.diagnostic(`others' ${SHARE * 100}th of a hundred took ${said}; HAProxy grew by ${grownMb.toFixed(0)} MB`);
    if (attackedMs <= Math.max(UNFELT_MS, SLOWER_AT_MOST * Math.max(quietMs, quietAgainMs))) return;
  }
  assert.fail(`others were slower each time: ${attempts.join("; ")}`);
}

function statusOf(stream: http2.ClientHttp2Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    let status = 0;
    stream.on("response", (headers) => {
      status = headers[":status"] ?? 0;
    });
    stream.on("error", reject);
    stream.on("close", () => resolve(status));
    stream.resume().end();
  });
}

/** Floods last as long as others are looked at; each comes from an address of its own, for the door may refuse one for a while. */
function attacker(stepsPerSecond?: number): Flood {
  attackers += 1;
  return { node, from: `127.8.1.${attackers}`, ms: WINDOW_MS, stepsPerSecond };
}

function opened(stream: number): Buffer {
  return frame(FRAME.headers, END_HEADERS | END_STREAM, stream, fieldBlock(REQUEST));
}

function reset(stream: number): Buffer {
  return frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, 8]));
}

function hold<Held extends net.Socket>(socket: Held): Promise<Held> {
  held.add(socket);
  socket.on("error", () => {});
  if (!socket.connecting) return Promise.resolve(socket);
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("close", () => resolve(socket));
  });
}

async function connections(): Promise<number> {
  const { body } = await node.plain("/metrics", node.config.ports.haproxyMetrics);
  return Number(/^haproxy_process_current_connections (\d+)/m.exec(body)?.[1]);
}
