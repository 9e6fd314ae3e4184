import assert from "node:assert/strict";
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { after, before, it } from "node:test";
import { commandSocket } from "../../components/node/commandSockets.ts";
import { askHaproxy } from "../../runner/agent/haproxySocket.ts";
import { until } from "../../runner/runnerFixture.ts";
import { toDoor } from "./clients.ts";
import { exchange } from "./rawExchange.ts";
import { TestNode } from "./testNode.ts";

const node = new TestNode();
const { address, ports } = node.config;

before(() =>
  node.start({
    slow: {
      code: `export default { async fetch() { await new Promise((r) => setTimeout(r, 3_000)); return new Response("done"); } };`,
      routes: ["/slow"],
    },
    quick: { code: "export default { fetch: () => new Response('quick') };", routes: ["/quick"] },
  }),
);
after(() => node[Symbol.asyncDispose]());

it("a node that is about to drain says so to DNS and load balancers, while it serves", async () => {
  const socket = commandSocket(node.layout, "haproxy");
  await askHaproxy(socket, "set server region/runner state maint");
  assert.equal((await node.plain("/healthz")).status, 503);
  const [answer] = (await exchange(await toDoor(node), "GET /quick HTTP/1.1\r\nHost: edge.test\r\n\r\n")).answers;
  assert.equal(answer?.status, 200);
  await askHaproxy(socket, "set server region/runner state ready");
  await until("the node says that it is well", async () => (await node.plain("/healthz")).status === 200);
});

it("a door that drains answers what has begun, says goodbye on every connection, and takes no further ones", async () => {
  const haproxy = node.process("haproxy");
  const socket = await toDoor(node, { ALPNProtocols: ["h2"] });
  const session = http2.connect("https://edge.test", {
    createConnection: () => socket,
  });
  const goneAway = once(session, "goaway");
  const streams = ["/quick", "/slow", "/slow"].map((path) => answerOf(session.request({ ":path": path })));
  assert.equal((await streams[0])?.status, 200);
  const idle = await toDoor(node);
  const kept = await exchangeKept(idle);
  assert.match(kept, /^HTTP\/1\.1 200 /);
  const begun = exchange(await toDoor(node), "GET /slow HTTP/1.1\r\nHost: edge.test\r\n\r\n");
  await until("the slow requests have begun", async () => (await inFlight()) >= 3);

  haproxy.kill("SIGUSR1");
  const idleEnded = once(idle.resume(), "close");
  const [code] = await goneAway;
  assert.equal(code, http2.constants.NGHTTP2_NO_ERROR);
  await idleEnded;
  await assert.rejects(connected(ports.https), /ECONNREFUSED/);
  await assert.rejects(connected(ports.http), /ECONNREFUSED/);
  for (const answer of await Promise.all(streams.slice(1))) assert.deepEqual(answer, { status: 200, body: "done" });
  const [answer] = (await begun).answers;
  assert.deepEqual([answer?.status, answer?.body], [200, "done"]);
  assert.match(answer?.head ?? "", /^connection: close$/im);
  if (haproxy.exitCode === null) await once(haproxy, "exit");
  assert.equal(haproxy.exitCode, 0);
});

function answerOf(stream: http2.ClientHttp2Stream): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let body = "";
    stream.on("response", (headers) => {
      status = headers[":status"] ?? 0;
    });
    stream.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    stream.on("end", () => resolve({ status, body }));
    stream.on("error", reject);
    stream.end();
  });
}

/** One request on a connection that stays open. */
function exchangeKept(socket: net.Socket): Promise<string> {
  socket.write("GET /quick HTTP/1.1\r\nHost: edge.test\r\n\r\n");
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.endsWith("quick")) resolve(text);
    });
  });
}

function connected(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, address, () => resolve(void socket.destroy()));
    socket.once("error", reject);
  });
}

async function inFlight(): Promise<number> {
  const { body } = await node.plain("/metrics", ports.haproxyMetrics);
  return Number(/haproxy_server_current_sessions\{proxy="varnish",server="varnish"\} (\d+)/.exec(body)?.[1]);
}
