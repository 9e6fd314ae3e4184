import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";

const MAIN = join(import.meta.dirname, "main.ts");

async function startOrigin(t: TestContext) {
  const child = spawn(process.execPath, [MAIN, "--host", "127.0.0.1", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const [line] = await once(createInterface(child.stdout), "line");
  const { port } = JSON.parse(String(line)) as { port: number };
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
  };
  return { child, port, get };
}

test("gives each kind of page its cache headers and counts what reached it", async (t) => {
  const { get } = await startOrigin(t);
  for (const [path, status, cacheControl] of [
    ["/time", 200, "public, max-age=30"],
    ["/brief", 200, "public, max-age=1"],
    ["/private", 200, "private, max-age=30"],
    ["/cookie", 200, "public, max-age=30"],
    ["/no-store", 200, "no-store"],
    ["/error", 500, "public, max-age=30"],
    ["/slow?ms=20", 200, "no-store"],
  ] as const) {
    const first = await get(path);
    assert.equal(first.status, status, path);
    assert.equal(first.headers.get("cache-control"), cacheControl, path);
    assert.equal(first.body.hits, 1);
    assert.ok(Date.parse(first.body.time));
    assert.equal((await get(path)).body.hits, 2);
  }
  assert.deepEqual((await get("/cookie")).headers.getSetCookie(), ["visitor=1; Path=/; HttpOnly"]);
  assert.deepEqual((await get("/hits")).body, {
    "/time": 2,
    "/brief": 2,
    "/private": 2,
    "/cookie": 3,
    "/no-store": 2,
    "/error": 2,
    "/slow": 2,
  });
});

test("revalidates, echoes and refuses", async (t) => {
  const { get } = await startOrigin(t);
  const etag = String((await get("/etag")).headers.get("etag"));
  assert.equal((await get("/etag", { headers: { "if-none-match": etag } })).status, 304);
  assert.equal((await get("/etag", { headers: { "if-none-match": '"other"' } })).status, 200);
  const { body } = await get("/echo?a=1", { method: "POST", body: "text", headers: { "x-own": "1" } });
  assert.deepEqual([body.method, body.url, body.body, body.headers["x-own"]], ["POST", "/echo?a=1", "text", "1"]);
  assert.equal((await get("/echo", { method: "POST", body: "x".repeat(1024 * 1024 + 1) })).status, 413);
  assert.equal((await get("/slow?ms=never")).status, 400);
  assert.equal((await get("/constructor")).status, 404);
  assert.deepEqual((await get("/healthz")).body, { status: "ok" });
});

test("ends at once on SIGTERM, also while it answers slowly", async (t) => {
  const { child, get } = await startOrigin(t);
  const slow = get("/slow?ms=30000").catch(() => "cut");
  await get("/time");
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.equal(await slow, "cut");
});

test("says what to do about a taken port and about wrong arguments", async (t) => {
  const { port } = await startOrigin(t);
  const run = async (...args: string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    const errors = child.stderr.toArray();
    const [code] = await once(child, "exit");
    return [code, Buffer.concat(await errors).toString()] as const;
  };
  const [taken, message] = await run("--host", "127.0.0.1", "--port", String(port));
  assert.equal(taken, 1);
  assert.match(message, /EADDRINUSE.*choose another port/);
  assert.equal((await run("--host", "127.0.0.1", "--port", "many"))[0], 2);
});
