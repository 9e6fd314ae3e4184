import assert from "node:assert/strict";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../runner/runnerFixture.ts";
import { toDoor } from "../node/clients.ts";
import { proxyHeader } from "../node/proxyHeader.ts";
import { exchange } from "../node/rawExchange.ts";
import { TestNode } from "../node/testNode.ts";
import { overHttp2, speakHttp2 } from "./flood.ts";
import { END_HEADERS, FRAME, fieldBlock, frame } from "./rawHttp2.ts";

/** Its body does not come, so nobody answers it before it is reset. */
const REQUEST = fieldBlock([
  [":method", "POST"],
  [":scheme", "https"],
  [":path", "/x"],
  [":authority", "edge.test"],
]);
const AT_ONCE = 50;
const ENHANCE_YOUR_CALM = 11;
const BALANCER = "127.9.0.1";
/** Those that the limit allows, and a few more where a minute or ten seconds begin anew meanwhile. */
const LOST_AT_MOST = 9;

const node = new TestNode({ loadBalancers: ["127.9.0.0/24"] });

before(() =>
  node.start({
    x: {
      code: "export default { async fetch(request) { return new Response(await request.text()); } };",
      routes: ["/x"],
    },
  }),
);
after(() => node[Symbol.asyncDispose]());

/** Ways in which a client comes, and what of it is refused. */
const WAYS = {
  "by itself": {
    connect: (address: string) => speakHttp2(node, address),
    address: "127.8.0.7",
    refused: "connections",
  },
  "through a load balancer": {
    connect: (address: string) => {
      const { address: host, ports } = node.config;
      const socket = net.connect({ port: ports.https, host, localAddress: BALANCER });
      socket.write(proxyHeader(address));
      return overHttp2(node, socket);
    },
    address: "198.51.100.7",
    refused: "sessions",
  },
} as const;

for (const [way, { connect, address, refused }] of Object.entries(WAYS)) {
  describe(`a client that comes ${way} and resets what it asks`, { concurrency: 1 }, () => {
    it("is told so by name, and loses its connection when it goes on", async () => {
      const deniedBefore = await counted("requests_denied");
      assert.equal(await giveUp(await connect(address)), ENHANCE_YOUR_CALM);
      assert.ok((await counted("requests_denied")) > deniedBefore);
      const lines = node
        .log("haproxy")
        .split("\n")
        .filter((line) => line.includes(`"client":"${address}"`));
      const ended = (status: string) =>
        lines.some((line) => line.includes(`"status":${status},"error":"ERR_GIVEN_UP"`));
      assert.ok(ended("429") && ended("-1"), lines.slice(-3).join("\n"));
    });

    it("gets no other connection once it has lost three, which is counted, and others do", async () => {
      const refusedBefore = await counted(`denied_${refused}`);
      for (let lost = 1; lost < LOST_AT_MOST; lost++) {
        const socket = await connect(address);
        // Through a load balancer TLS comes first; then the connection ends without a word.
        if (socket !== null && (await giveUp(socket)) === ENHANCE_YOUR_CALM) continue;
        assert.ok(lost >= 3, `refused after ${lost}`);
        assert.ok((await counted(`denied_${refused}`)) > refusedBefore);
        const [answer] = (await exchange(await toDoor(node), "GET /x HTTP/1.1\r\nHost: edge.test\r\n\r\n")).answers;
        assert.equal(answer?.status, 200);
        return;
      }
      assert.fail("it always got another");
    });
  });
}

/** Opens streams and resets them until the door ends the connection. @returns the error that it says goodbye with */
async function giveUp(socket: net.Socket | null): Promise<number | undefined> {
  assert.ok(socket, "the door has refused the connection");
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  let isOver = false;
  socket.once("close", () => {
    isOver = true;
  });
  const endless = async () => {
    for (let first = 1; !isOver; first += 2 * AT_ONCE) {
      const streams = Array.from({ length: AT_ONCE }, (_, index) => first + 2 * index);
      socket.write(Buffer.concat(streams.map((stream) => frame(FRAME.headers, END_HEADERS, stream, REQUEST))));
      await delay(20);
      socket.write(Buffer.concat(streams.map((stream) => frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, 8])))));
    }
  };
  void endless();
  await until("the door has ended the connection", async () => isOver, 60_000);
  return goodbye(received);
}

function goodbye(bytes: Buffer): number | undefined {
  for (let at = 0; at + 17 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    if (bytes.readUInt8(at + 3) === FRAME.goAway) return bytes.readUInt32BE(at + 13);
  }
  return undefined;
}

async function counted(what: string): Promise<number> {
  const { body } = await node.plain("/metrics", node.config.ports.haproxyMetrics);
  return Number(new RegExp(`^haproxy_frontend_${what}_total\\{proxy="https"\\} (\\d+)`, "m").exec(body)?.[1]);
}
