import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import proxy from "./proxy.ts";
import { edgeRequest } from "./testing/edgeRequest.ts";

async function originOf(t: TestContext, handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("passes method, rest of the path, query, body and headers on, but no hop-by-hop header", async (t) => {
  const ORIGIN = await originOf(t, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
  });
  const request = edgeRequest("/proxy/a%2Fb/c?x=1&y=%20", { method: "PUT", body: "text", headers: { "x-own": "1" } });
  request.headers.set("connection", "close, x-secret");
  request.headers.set("x-secret", "1");
  request.headers.set("te", "trailers");
  request.headers.set("x-forwarded-for", "forged");
  const response = await proxy.fetch(request, { ORIGIN: `${ORIGIN}/base/` });
  const seen = (await response.json()) as {
    method: string;
    url: string;
    headers: Record<string, string>;
    body: string;
  };
  assert.deepEqual([seen.method, seen.url, seen.body], ["PUT", "/base/a%2Fb/c?x=1&y=%20", "text"]);
  assert.equal(seen.headers["x-own"], "1");
  assert.equal(seen.headers["x-secret"], undefined);
  assert.equal(seen.headers.te, undefined);
  assert.equal(seen.headers["x-forwarded-for"], "203.0.113.7");
});

test("passes status, body, cache headers, cookies and redirects back", async (t) => {
  const ORIGIN = await originOf(t, (_, response) => {
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.writeHead(302, { location: "/elsewhere", "cache-control": "max-age=30", etag: '"e"', "keep-alive": "x" });
    response.end("moved");
  });
  const response = await proxy.fetch(edgeRequest("/proxy"), { ORIGIN });
  assert.equal(response.status, 302);
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  const names = ["location", "cache-control", "etag", "keep-alive"];
  assert.deepEqual(
    names.map((name) => response.headers.get(name)),
    ["/elsewhere", "max-age=30", '"e"', null],
  );
  assert.equal(await response.text(), "moved");
});

test("stays at its origin whatever the path says", async (t) => {
  const ORIGIN = await originOf(t, (request, response) => response.end(request.url));
  for (const path of [
    "/proxy//evil.test/x",
    "/proxy/../../x",
    "/proxy/%2e%2e/x",
    "/proxy/http://evil.test/x",
    "/proxy@evil.test",
  ]) {
    const response = await proxy.fetch(edgeRequest(path), { ORIGIN });
    assert.equal(response.status, 200, path);
    assert.ok((await response.text()).startsWith("/"), path);
  }
});

test("answers 502 when the origin is away and 500 without one, for no cache to keep", async (t) => {
  const ORIGIN = await originOf(t, (request) => request.socket.destroy());
  for (const [env, status] of [
    [{ ORIGIN }, 502],
    [{}, 500],
  ] as const) {
    const response = await proxy.fetch(edgeRequest("/proxy/x"), env);
    assert.equal(response.status, status);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.ok(((await response.json()) as { error: string }).error);
  }
});
