import assert from "node:assert/strict";
import http from "node:http";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { IDLE_MS, SILENCE_MS } from "../../components/node/httpBounds.ts";
import { SILENCE_MS as ROUTER_SILENCE_MS, SERVER_OPTIONS } from "../../runner/router/dataServer.ts";
import { toDoor } from "./clients.ts";
import { TestNode } from "./testNode.ts";

/** A load balancer of the cloud forgets a connection then, and tells nobody. */
const BALANCER_IDLE_MS = 350_000;
const node = new TestNode();

before(() =>
  node.start({
    echo: {
      code: "export default { async fetch(request) { return new Response(await request.text()); } };",
      routes: ["/*"],
    },
  }),
);
after(() => node[Symbol.asyncDispose]());

describe("idle connections", () => {
  it("are closed by the side that connects, at each hop", () => {
    assert.ok(IDLE_MS.haproxyFromClients < BALANCER_IDLE_MS);
    // HAProxy closes half of what it has too many at a time: ten looks leave one of a thousand.
    assert.ok(20 * IDLE_MS.haproxyToVarnish < IDLE_MS.varnishFromHaproxy);
    assert.ok(IDLE_MS.varnishToRouter < SERVER_OPTIONS.keepAliveTimeout);
  });

  it("lose no POST that comes just when they are closed", async () => {
    const edges = [IDLE_MS.haproxyToVarnish, IDLE_MS.varnishToRouter];
    const waits = edges.flatMap((edge) => Array.from({ length: 21 }, (_, step) => edge - 200 + 20 * step));
    const statuses = await Promise.all(
      waits.map(async (waitMs, index) => {
        const socket = await toDoor(node);
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        agent.createConnection = () => socket;
        const first = await post(agent, `first ${index}`);
        await delay(waitMs);
        const second = await post(agent, `second ${index}`);
        socket.destroy();
        return [first, second];
      }),
    );
    assert.deepEqual(
      statuses,
      waits.map((_, index) => [`200 first ${index}`, `200 second ${index}`]),
    );
  });
});

describe("a request that stands still", () => {
  it("meets the runner's own limit first: further out waits longer", () => {
    assert.ok(SILENCE_MS.varnishBetweenBytes < SILENCE_MS.haproxyServer);
    assert.ok(SILENCE_MS.varnishFirstByte < SILENCE_MS.haproxyServer);
    assert.ok(SILENCE_MS.varnishBetweenBytes < ROUTER_SILENCE_MS);
  });
});

function post(agent: http.Agent, body: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = { host: "edge.test", "content-length": `${body.length}` };
    const request = http.request({ agent, method: "POST", path: "/echo", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
    });
    request.on("error", (error) => resolve(error.message));
    request.end(body);
  });
}
