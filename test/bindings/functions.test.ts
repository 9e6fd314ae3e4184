import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { StreamClient } from "../../runner/streamClient.ts";

const MB = 1024 * 1024;

const CALLER = `const tasks = {
  echo: (env, request) => env.USERS.fetch("https://users.internal/echo?q=1#there", { method: "POST", body: "hello", headers: { "x-own": "1", "x-edge-client-ip": "6.6.6.6", "x-edge-token": "x" } }),
  edge: async (env, request) => Response.json([request.edge, await (await env.USERS.fetch("http://u/edge")).json()]),
  stream: (env, request) => env.USERS.fetch("http://u/through", { method: "POST", body: request.body, duplex: "half" }),
  redirect: async (env) => { const r = await env.USERS.fetch("http://u/redirect"); return Response.json([r.status, r.headers.get("location"), r.redirected]); },
  throws: (env) => env.USERS.fetch("http://u/throws"),
  missing: async (env) => { try { await env.GONE.fetch("http://u/"); } catch (e) { return new Response(e.name + ": " + e.message); } },
  wrong: async (env) => { const said = []; for (const url of ["ftp://u/", "data:,x", "users"]) try { await env.USERS.fetch(url); said.push("none"); } catch (e) { said.push(e.name); } return Response.json(said); },
  abort: async (env) => { const c = new AbortController(); setTimeout(() => c.abort(new Error("enough")), 5); try { await env.USERS.fetch("http://u/never", { signal: c.signal }); } catch (e) { return new Response(e.message); } },
  never: (env) => env.USERS.fetch("http://u/never"),
  later: (env, request, ctx) => { ctx.waitUntil(new Promise((r) => setTimeout(r, 50)).then(() => env.USERS.fetch("http://u/note"))); return new Response("gone"); },
  noted: (env) => env.USERS.fetch("http://u/noted"),
  many: async (env) => { for (let i = 0; i < 4; i++) await (await env.USERS.fetch("http://u/edge")).text(); return new Response("done"); },
};
export default { fetch(request, env, ctx) { return tasks[new URL(request.url).searchParams.get("task")](env, request, ctx); } };`;

const USERS = `let notes = 0; let left = 0;
export default { async fetch(request) {
  switch (new URL(request.url).pathname) {
    case "/echo": return Response.json({ url: request.url, method: request.method, text: await request.text(), headers: Object.fromEntries(request.headers) });
    case "/edge": return Response.json(request.edge);
    case "/through": return new Response(request.body, { headers: { "x-from": "users" } });
    case "/redirect": return Response.redirect("http://u/elsewhere", 302);
    case "/throws": throw new Error("no users today");
    case "/never": request.signal.addEventListener("abort", () => left++); return new Promise(() => {});
    case "/note": notes++; return new Response("noted");
    case "/noted": return Response.json([notes, left]);
  }
} };`;

/** Calls itself as deep and as wide as it is asked to. */
const CIRCLE = `export default { async fetch(request, env, ctx) {
  const { searchParams } = new URL(request.url); const wide = Number(searchParams.get("wide") ?? 1);
  if (searchParams.has("quiet")) {
    ctx.waitUntil(Promise.allSettled(Array.from({ length: wide }, () => env.SELF.fetch(request.url)))); return new Response("fine");
  }
  const answers = await Promise.all(Array.from({ length: wide }, () => env.SELF.fetch(request.url)));
  return answers[0];
} };`;

describe("the binding function", () => {
  let runner: TestRunner;
  let origin: Server;
  before(async () => {
    origin = createServer((_, response) => response.end("origin"));
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    runner = new TestRunner({
      workers: 1,
      origins: [{ host: "127.0.0.1", port: (origin.address() as AddressInfo).port }],
    });
    await runner.start();
    const large = { requestBodyBytes: 20 * MB, responseBodyBytes: 20 * MB };
    const users = { USERS: { kind: "function", name: "users" }, GONE: { kind: "function", name: "gone" } } as const;
    await runner.deploy({
      caller: { code: CALLER, routes: ["/caller"], bindings: users, limits: large },
      few: { code: CALLER, routes: ["/few"], bindings: users, limits: { subRequests: 3 } },
      closed: { code: CALLER, routes: ["/closed"], bindings: users, egress: { allow: [] } },
      // No route: only other functions reach it.
      users: { code: USERS, routes: [], limits: large },
      circle: {
        code: CIRCLE,
        routes: ["/circle"],
        bindings: { SELF: { kind: "function", name: "circle" } },
        limits: { functionCalls: 8 },
      },
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.close();
  });

  const ask = (task: string, headers: Record<string, string> = {}, name = "caller") =>
    runner.fetch(`/${name}?task=${task}`, { headers });

  it("hands method, URL, headers and body over, and none of the edge's own headers", async () => {
    const { status, body } = await ask("echo");
    assert.equal(status, 200, body);
    const { url, method, text, headers } = JSON.parse(body);
    assert.deepEqual([url, method, text], ["https://users.internal/echo?q=1", "POST", "hello"]);
    assert.deepEqual([headers["x-own"], headers.host], ["1", "users.internal"]);
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith("x-edge-")),
      [],
    );
  });

  it("tells of the client what the first function was told, and goes on with its request id and its trace", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const headers = {
      "x-request-id": "the-first-one",
      "x-edge-client-ip": "192.0.2.7",
      "x-edge-country": "JP",
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    };
    const [mine, theirs] = JSON.parse((await ask("edge", headers)).body);
    assert.deepEqual(theirs, mine);
    assert.deepEqual([mine.requestId, mine.clientIp, mine.country], ["the-first-one", "192.0.2.7", "JP"]);
    const { headers: seen } = JSON.parse((await ask("echo", headers)).body);
    assert.match(seen.traceparent, new RegExp(`^00-${traceId}-`));
  });

  it("streams large bodies both ways", async () => {
    const client = new StreamClient(runner, "/caller?task=stream", { method: "POST" });
    const answer = client.read();
    const part = Buffer.alloc(MB, 7);
    for (let index = 0; index < 8; index++) await client.send(part);
    client.end();
    const { body, whole } = await answer;
    assert.deepEqual([whole, body.length], [true, 8 * MB]);
  });

  it("gives redirects as they are, and the typed error of a function that failed", async () => {
    assert.deepEqual(JSON.parse((await ask("redirect")).body), [302, "http://u/elsewhere", false]);
    const { status, headers, body } = await ask("throws");
    assert.equal(status, 500);
    const { error, function: name } = JSON.parse(body);
    assert.deepEqual([error.code, name], ["ERR_FUNCTION_THREW", "users"]);
    assert.equal(headers["x-edge-error"], undefined);
  });

  it("needs no way out of the node, and is refused where there is no such function or no such scheme", async () => {
    assert.equal(JSON.parse((await ask("echo", {}, "closed")).body).text, "hello");
    assert.match((await ask("missing")).body, /^TypeError: fetch failed: the function gone is not served by this node/);
    assert.deepEqual(JSON.parse((await ask("wrong")).body), ["TypeError", "TypeError", "TypeError"]);
  });

  it("counts as a sub-request", async () => {
    const { status, body } = await ask("many", {}, "few");
    assert.deepEqual([status, JSON.parse(body).error.limit], [500, "subRequests"]);
  });

  it("ends with its request, and goes on for waitUntil", async () => {
    assert.equal((await ask("abort")).body, "enough");
    const client = new StreamClient(runner, "/caller?task=never");
    setTimeout(() => client.leave(), 50);
    await client.response.catch(() => {});
    assert.equal((await ask("later")).body, "gone");
    await until("both have left and it was noted", async () => {
      const [notes, left] = JSON.parse((await ask("noted")).body);
      return notes === 1 && left >= 1;
    });
  });

  it("comes to an end where functions call each other in a circle, deep or wide", async () => {
    for (const query of ["", "?wide=3"]) {
      const { status, body } = await runner.fetch(`/circle${query}`);
      const { code, limit, value, used } = JSON.parse(body).error;
      assert.deepEqual([status, code, limit, value], [508, "ERR_LIMIT_FUNCTION_CALLS", "functionCalls", 8]);
      assert.ok(used > 8);
    }
    const before = (await runner.metrics()).sum("edge_runner_invocations_total", { function: "circle" });
    assert.equal((await runner.fetch("/circle?wide=3&quiet=1")).body, "fine");
    await until("the limit is counted", async () => {
      const metrics = await runner.metrics();
      return metrics.sum("edge_runner_limits_fired_total", { function: "circle", limit: "functionCalls" }) >= 3;
    });
    const after = (await runner.metrics()).sum("edge_runner_invocations_total", { function: "circle" });
    assert.ok(after - before <= 9, `${after - before} ran`);
  });
});
