import assert from "node:assert/strict";
import { statSync } from "node:fs";
import type { Server } from "node:http";
import { after, before, describe, it } from "node:test";
import { commandSocket } from "../../components/node/commandSockets.ts";
import { listenForCommands } from "../../runner/agent/cache/commandServer.ts";
import { AgentMetrics } from "../../runner/agent/metrics.ts";
import { ask, RunningVarnish } from "./runningVarnish.ts";

let made = 0;
const varnish = new RunningVarnish((request, response) => {
  made += 1;
  response.writeHead(200, {
    "cache-control": "max-age=600, stale-while-revalidate=600",
    "cache-tag": new URL(request.url ?? "", "http://x").searchParams.get("tag") ?? "",
  });
  response.end(String(made));
});
const commands = commandSocket(varnish.layout, "agent");
const metrics = new AgentMetrics();
const logged: unknown[] = [];
let server: Server;

before(async () => {
  await varnish.start();
  const config = { commands, purge: commandSocket(varnish.layout, "varnish") };
  server = await listenForCommands(config, { metrics, log: (...line) => logged.push(line) });
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await varnish[Symbol.asyncDispose]();
});

/** What the agent says to an order. */
async function purge(order: unknown) {
  const { status, body } = await ask({ socketPath: commands, method: "POST", path: "/purge" }, JSON.stringify(order));
  return { status, ...JSON.parse(body) };
}

const outcome = async (path: string, host = "edge.test:8443") =>
  (await varnish.get(path, { host })).headers["x-cache"] as string;

describe("purging by the agent", () => {
  it("forgets a page, whatever the order of its parameters, and says how many copies there were", async () => {
    await outcome("/page?a=1&b=2");
    assert.equal(await outcome("/page?a=1&b=2"), "HIT");
    const answer = await purge({ url: "https://edge.test:8443/page?b=2&a=1&utm_source=mail" });
    assert.deepEqual(answer, { status: "purged", copies: 1 });
    assert.equal(await outcome("/page?a=1&b=2"), "MISS");
  });

  it("lets a page expire softly: the old copy is served once more", async () => {
    const first = await varnish.get("/soft");
    assert.deepEqual(await purge({ url: "https://edge.test:8443/soft", soft: true }), { status: "purged", copies: 1 });
    const second = await varnish.get("/soft");
    assert.deepEqual([second.headers["x-cache"], second.body], ["STALE", first.body]);
  });

  it("forgets what has a tag", async () => {
    await outcome("/a?tag=news,v1.2");
    await outcome("/b?tag=newsletter,v102");
    assert.deepEqual(await purge({ tag: "v1.2" }), { status: "purged" });
    assert.deepEqual([await outcome("/a?tag=news,v1.2"), await outcome("/b?tag=newsletter,v102")], ["MISS", "HIT"]);
  });

  it("forgets a host on all its ports, and no other", async () => {
    for (const host of ["one.test:8443", "one.test", "one-test", "two.test"]) await outcome("/", host);
    assert.deepEqual(await purge({ host: "one.test" }), { status: "purged" });
    assert.deepEqual([await outcome("/", "one.test:8443"), await outcome("/", "one.test")], ["MISS", "MISS"]);
    assert.deepEqual([await outcome("/", "one-test"), await outcome("/", "two.test")], ["HIT", "HIT"]);
  });

  it("forgets everything", async () => {
    await outcome("/all");
    assert.deepEqual(await purge({ all: true }), { status: "purged" });
    assert.equal(await outcome("/all"), "MISS");
  });

  it("says what is wrong with an order, and counts and logs what it did", async () => {
    assert.match((await purge({ tag: "a b" })).error, /tag is "a b": give letters/);
    const other = await ask({ socketPath: commands, path: "/metrics" });
    assert.equal(other.status, 404);
    assert.match(metrics.toString(), /^edge_agent_purges_total\{reason="url"\} 2$/m);
    assert.match(metrics.toString(), /^edge_agent_purges_total\{reason="all"\} 1$/m);
    assert.ok(logged.some((line) => JSON.stringify(line).includes('{"kind":"tag","tag":"v1.2"}')));
  });

  it("is open to the agent's user alone", () => {
    assert.equal(statSync(commands).mode & 0o777, 0o600);
  });

  it("says that the cache is away, and counts it", async () => {
    await varnish.stop();
    const { status, body } = await ask({ socketPath: commands, method: "POST", path: "/purge" }, '{"all":true}');
    assert.equal(status, 503);
    assert.match(JSON.parse(body).error, /Varnish at .*varnish\/socket/);
    assert.match(metrics.toString(), /^edge_agent_purge_errors_total 1$/m);
  });
});
