import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { TestRunner } from "./runnerFixture.ts";

const FETCHER = `export default { async fetch(request) {
  const target = new URL(request.url).searchParams.get("url");
  try {
    const answer = await fetch(target);
    return new Response(await answer.text(), { status: answer.status, headers: { "x-final-url": answer.url } });
  } catch (error) {
    return new Response(error.message, { status: 599 });
  }
} }`;

const HELLO = `export default { async fetch(request, env, ctx) {
  return Response.json({ name: env.NAME, url: request.url, edge: request.edge, method: request.method,
    seen: [...request.headers.keys()], body: await request.text() });
} }`;

const HONO = `import { Hono } from "hono";
import { z } from "zod";
const app = new Hono().basePath("/api");
const todo = z.object({ title: z.string().min(1) });
app.get("/echo/:word", (c) => c.json({ word: c.req.param("word"), q: c.req.query("q") }));
app.post("/todos", async (c) => {
  const parsed = todo.safeParse(await c.req.json());
  return parsed.success ? c.json(parsed.data, 201) : c.json({ issues: parsed.error.issues.length }, 400);
});
export default app;`;

/** Bundles as the deploy does. */
async function bundled(code: string): Promise<string> {
  const result = await build({
    stdin: { contents: code, resolveDir: join(dirname(fileURLToPath(import.meta.url)), "..") },
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2024",
  });
  return result.outputFiles[0]?.text ?? "";
}

describe("a runner", () => {
  const origin = createServer((request, response) => {
    if (request.url === "/redirect") response.writeHead(302, { location: "http://127.0.0.1:8999/inner" }).end();
    else response.writeHead(200, { "content-type": "text/plain" }).end(`origin ${request.url}`);
  });
  let originUrl = "";
  let runner: TestRunner;

  before(async () => {
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    originUrl = `http://127.0.0.1:${port}`;
    runner = new TestRunner({ origins: [{ host: "127.0.0.1", port }] });
    await runner.start();
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.closeAllConnections();
    origin.close();
  });

  it("answers 503 with retry-after before its first release, and is not ready", async () => {
    const { status, headers, body } = await runner.fetch("/hello");
    assert.equal(status, 503);
    assert.equal(headers["retry-after"], "1");
    assert.equal(JSON.parse(body).error.code, "ERR_NO_RELEASE");
    assert.equal(JSON.parse(await runner.admin("/readyz")).ready, false);
  });

  it("serves a release: function, environment, body, routes, and what the edge knows of the client", async () => {
    await runner.deploy({
      hello: { code: HELLO, routes: ["/hello", "/hello/*"], env: { NAME: "edge" } },
      api: { code: await bundled(HONO), routes: ["/api/*"] },
      fetcher: { code: FETCHER, routes: ["/fetch"] },
    });
    const { status, headers, body } = await runner.fetch("/hello/x?y=1", {
      method: "POST",
      body: "grüezi",
      headers: {
        "x-edge-country": "CH",
        "x-edge-client-ip": "2001:db8::7",
        "x-edge-tls": "TLSv1.3",
        "x-request-id": "abc-1",
      },
    });
    assert.equal(status, 200);
    const seen = JSON.parse(body);
    assert.equal(seen.name, "edge");
    assert.equal(seen.url, "https://edge.example/hello/x?y=1");
    assert.equal(seen.body, "grüezi");
    assert.deepEqual(seen.edge, {
      region: "eu-test-1",
      country: "CH",
      clientIp: "2001:db8::7",
      tls: "TLSv1.3",
      http: "HTTP/1.1",
      requestId: "abc-1",
    });
    assert.deepEqual(
      seen.seen.filter((name: string) => name.startsWith("x-edge-")),
      [],
    );
    assert.match(`${headers["server-timing"]}`, /^edge;desc="eu-test-1", fn;desc="hello@[0-9a-f]{16}";dur=[\d.]+$/);
    assert.equal(headers["x-edge-region"], "eu-test-1");
    assert.equal(headers["x-request-id"], "abc-1");
  });

  it("answers a path without a route with a typed 404", async () => {
    const { status, body } = await runner.fetch("/nowhere");
    assert.equal(status, 404);
    assert.equal(JSON.parse(body).error.code, "ERR_NO_ROUTE");
  });

  it("runs a hono and zod application unchanged", async () => {
    assert.deepEqual(JSON.parse((await runner.fetch("/api/echo/hi?q=1")).body), { word: "hi", q: "1" });
    const headers = { "content-type": "application/json" };
    const good = await runner.fetch("/api/todos", { method: "POST", headers, body: '{"title":"x"}' });
    assert.equal(good.status, 201);
    const bad = await runner.fetch("/api/todos", { method: "POST", headers, body: '{"title":""}' });
    assert.deepEqual([bad.status, bad.body], [400, '{"issues":1}']);
    assert.equal((await runner.fetch("/api/none")).status, 404);
  });

  it("lets a function reach a declared origin and nothing else on the node", async () => {
    const fetchThrough = (url: string) => runner.fetch(`/fetch?url=${encodeURIComponent(url)}`);
    const good = await fetchThrough(`${originUrl}/x`);
    assert.deepEqual([good.status, good.body], [200, "origin /x"]);
    const { port } = runner.adminAddress;
    const refused = [
      `http://127.0.0.1:${port}/metrics`,
      `http://localhost:${port}/metrics`,
      `http://0x7f.1:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
      "http://169.254.169.254/latest/meta-data/",
      `${originUrl}/redirect`,
    ];
    for (const url of refused) {
      const { status, body } = await fetchThrough(url);
      assert.equal(status, 599, url);
      assert.match(body, /is not a public address/, url);
    }
  });

  it("refuses a release whole, with the reason and its place, and goes on serving the one before", async () => {
    const before = JSON.parse((await runner.fetch("/hello", { method: "POST", body: "" })).body).name;
    const cases: [code: string, reason: RegExp][] = [
      ["export default {", /SyntaxError: .*\[index\.mjs:1:\d+\]/],
      ["export const x = 1;", /exports no handler/],
      ["\nthrow new Error('at start');", /Error: at start \[index\.mjs:2:7\]/],
      // On a busy machine it may not get so much CPU time before its wall time is over.
      ["for (;;);", /more than startMs: 1000 of CPU time|did not end within \d+ ms/],
      [
        "Promise.resolve().then(() => { for (;;); }); export default { fetch() {} };",
        /more than startMs: 1000 of CPU time|did not end within \d+ ms/,
      ],
      ['\n import fs from "node:fs"; export default { fetch() {} };', /cannot import "node:fs" \[index\.mjs:2:12\]/],
      ["await Promise.reject(new Error('later'));\nexport default {};", /Error: later \[index\.mjs:1:22\]/],
      ["await new Promise(() => {}); export default { fetch() {} };", /did not end within \d+ ms/],
      ["await fetch('https://a.example/'); export default { fetch() {} };", /fetch works inside a request only/],
      ['await import("./other.mjs"); export default { fetch() {} };', /Not supported \[index\.mjs:1:1\]/],
      ["const a = []; for (;;) a.push({ a: [1] });", /heapMb: 16/],
    ];
    for (const [code, reason] of cases) {
      const release = runner.writeRelease({
        hello: { code: HELLO, routes: ["/hello"] },
        bad: { code, routes: ["/bad"], limits: { heapMb: 16 } },
      });
      const { status, body } = await runner.activate(release);
      const { functions, ...answer } = JSON.parse(body);
      assert.equal(status, 422, code);
      assert.equal(answer.status, "refused");
      assert.equal(functions.bad.status, "refused");
      assert.match(functions.bad.reason, reason, code);
      assert.equal(functions.hello.status, "active");
    }
    assert.equal((await runner.fetch("/bad")).status, 404);
    assert.equal(JSON.parse((await runner.fetch("/hello", { method: "POST", body: "" })).body).name, before);
  });

  it("refuses a release with two owners of one route, a damaged module and a release that is not there", async () => {
    const twice = runner.writeRelease({ one: { code: HELLO, routes: ["/a"] }, two: { code: HELLO, routes: ["/a"] } });
    assert.match((await runner.activate(twice)).body, /the route \/a of two takes the same requests as \/a of one/);
    const missing = await runner.activate(99_999);
    assert.equal(missing.status, 422);
    assert.match(missing.body, /ENOENT/);
  });

  it("says what is active on its control socket, its admin port and in its metrics", async () => {
    const ready = JSON.parse(await runner.admin("/readyz"));
    assert.equal(ready.ready, true);
    assert.equal(ready.sandbox.permissions, true);
    assert.equal(await runner.admin("/healthz"), "ok\n");
    const metrics = await runner.metrics();
    const region = "eu-test-1";
    assert.ok(metrics.sum("edge_runner_invocations_total", { function: "hello", status: "2xx", region }) > 0);
    assert.ok(metrics.sum("edge_runner_request_duration_seconds_count", { function: "hello", region }) > 0);
    assert.ok(metrics.sum("edge_runner_release", { region }) > 0);
    assert.ok(metrics.sum("edge_runner_errors_total", { function: "", code: "ERR_NO_ROUTE", region }) > 0);
  });
});
