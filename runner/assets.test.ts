import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { findAsset } from "./router/assets.ts";
import { TestRunner, until } from "./runnerFixture.ts";
import { StreamClient } from "./streamClient.ts";

const BIG = "x".repeat(3_000_000);
const ASSETS = {
  "/index.html": "<h1>home</h1>",
  "/docs/index.html": "<h1>docs</h1>",
  "/about.html": "<h1>about</h1>",
  "/app.mjs": "export {};",
  "/big.bin": BIG,
  "/grün e.txt": "grün",
};
/** Answers what has no asset, and hands on what is asked for below /through. */
const CODE = `export default { async fetch(request, env) {
  const url = new URL(request.url);
  if (!url.pathname.startsWith("/through")) return new Response("code " + request.method + " " + url.pathname, { status: 404 });
  const answer = await env.ASSETS.fetch(new URL(url.pathname.slice(8) + url.search, url), { method: request.method, headers: request.headers });
  return new Response(answer.body, { status: answer.status, headers: { ...Object.fromEntries(answer.headers), "x-through": "1" } });
} };`;

describe("static assets", () => {
  let runner: TestRunner;
  const bindings = { ASSETS: { kind: "assets", name: "site" } } as const;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      site: { code: CODE, assets: ASSETS, bindings, routes: ["/*"] },
      other: { code: "export default () => new Response('other');", routes: ["/docs/own"] },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  for (const [path, type, body] of [
    ["/", "text/html; charset=utf-8", "<h1>home</h1>"],
    ["/index.html?a=1", "text/html; charset=utf-8", "<h1>home</h1>"],
    ["/docs/", "text/html; charset=utf-8", "<h1>docs</h1>"],
    ["/about", "text/html; charset=utf-8", "<h1>about</h1>"],
    ["/app.mjs", "text/javascript; charset=utf-8", "export {};"],
    ["/big.bin", "application/octet-stream", BIG],
    ["/gr%C3%BCn%20e.txt", "text/plain; charset=utf-8", "grün"],
  ] as const) {
    it(`are answered before the function: ${path}`, async () => {
      const answer = await runner.fetch(path);
      assert.deepEqual([answer.status, answer.headers["content-type"]], [200, type]);
      assert.equal(answer.body, body);
      assert.equal(answer.headers["content-length"], `${Buffer.byteLength(body)}`);
      assert.equal(answer.headers["cache-control"], "public, max-age=0, must-revalidate");
    });
  }

  it("are not sent again to who has them", async () => {
    const { etag } = (await runner.fetch("/about")).headers;
    for (const [asked, status] of [
      [`${etag}`, 304],
      [`"other", W/${etag}`, 304],
      ['"other"', 200],
      ["*", 304],
    ] as const) {
      const answer = await runner.fetch("/about", { headers: { "if-none-match": asked } });
      assert.deepEqual([answer.status, answer.headers.etag], [status, etag], asked);
    }
  });

  it("have a head alone for HEAD, and a slash at the end of a folder", async () => {
    const head = await runner.fetch("/about", { method: "HEAD" });
    assert.deepEqual([head.status, head.headers["content-length"], head.body], [200, "14", ""]);
    const { status, headers } = await runner.fetch("/docs?x=1");
    assert.deepEqual([status, headers.location], [307, "/docs/?x=1"]);
  });

  it("leave to the functions what is none, another method, or another function's route", async () => {
    assert.equal((await runner.fetch("/missing")).body, "code GET /missing");
    assert.equal((await runner.fetch("/about", { method: "POST" })).body, "code POST /about");
    assert.equal((await runner.fetch("/%ff")).body, "code GET /%ff");
    assert.equal((await runner.fetch("/docs/own")).body, "other");
    assert.equal((await runner.fetch("/../../etc/passwd")).status, 400);
  });

  it("are given to the function by env.ASSETS", async () => {
    const through = await runner.fetch("/through/about");
    assert.deepEqual([through.status, through.body, through.headers["x-through"]], [200, "<h1>about</h1>", "1"]);
    assert.equal((await runner.fetch("/through/big.bin")).body, BIG);
    assert.equal((await runner.fetch("/through/none")).status, 404);
    assert.equal((await runner.fetch("/through/docs")).headers.location, "/docs/");
    const { etag } = through.headers;
    assert.equal((await runner.fetch("/through/about", { headers: { "if-none-match": `${etag}` } })).status, 304);
  });

  it("go with a function that is switched off", async () => {
    await runner.ask("/functions/site", { method: "POST", body: '{"status":"disabled","reason":"test"}' });
    assert.equal((await runner.fetch("/about")).headers["x-edge-error"], "ERR_FUNCTION_DISABLED");
    await runner.ask("/functions/site", { method: "POST", body: '{"status":"active"}' });
    assert.equal((await runner.fetch("/about")).status, 200);
  });

  it("change with a release, under another tag", async () => {
    const { etag } = (await runner.fetch("/about")).headers;
    await runner.deploy({
      site: { code: CODE, assets: { ...ASSETS, "/about.html": "new" }, bindings, routes: ["/*"] },
    });
    const { body, headers } = await runner.fetch("/about", { headers: { "if-none-match": `${etag}` } });
    assert.equal(body, "new");
    assert.notEqual(headers.etag, etag);
  });

  it("are found by paths alone", () => {
    const assets = new Map([["/a/b.txt", { name: "/a/b.txt", sha256: "", bytes: 0 }]]);
    assert.equal(findAsset(assets, new URL("http://x/a")), undefined);
    assert.ok(findAsset(assets, new URL("http://x/a/b.txt")));
    assert.equal(findAsset(new Map(), new URL("http://x/")), undefined);
  });
});

describe("limits of static assets", () => {
  const OTHER = "export default () => new Response('other');";
  const [idleMs, requestBodyBytes] = [1_500, 100_000];
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const site = (path: string) => ({ code: OTHER, routes: [`/${path}/*`], assets: { [`/${path}/big`]: BIG } });
    await runner.deploy({
      idle: { ...site("idle"), limits: { bodyIdleMs: idleMs, requestBodyBytes } },
      total: { ...site("total"), limits: { bodyTotalMs: 300 } },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  const cuts = (name: string) =>
    runner.lines.filter((line) => line.message === "a response was cut" && line.function === name);

  /** A client that sends `text` and reads nothing until it is told to. */
  const silent = (text: string) => {
    const socket = connect(runner.config.data).pause();
    socket.on("error", () => {}).write(text);
    return socket;
  };

  for (const [name, limit] of [
    ["idle", "bodyIdleMs"],
    ["total", "bodyTotalMs"],
  ] as const) {
    it(`let go of a client that does not take a file: ${limit}`, async () => {
      const socket = silent(`GET /${name}/big HTTP/1.1\r\nhost: a.example\r\n\r\n`);
      await until("it is cut", () => cuts(name).at(-1)?.limit === limit);
      socket.destroy();
      assert.equal(cuts(name).length, 1);
    });
  }

  it("let a client take a file slowly, part by part", async () => {
    const response = await new StreamClient(runner, "/idle/big").response;
    const startedMs = performance.now();
    let bytes = 0;
    for await (const part of response) {
      bytes += part.length;
      if (performance.now() - startedMs < 2 * idleMs) await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(bytes, BIG.length);
    assert.ok(performance.now() - startedMs > idleMs);
    assert.equal(cuts("idle").length, 1);
  });

  it("read the body of a request up to its limits, and drop it", async () => {
    const chunked = "GET /idle/big HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n";
    const stands = silent(`${chunked}1\r\nx\r\n`).resume();
    const goesOn = silent(chunked).resume();
    const part = `1000\r\n${"x".repeat(0x1000)}\r\n`;
    let sentBytes = 0;
    const more = setInterval(() => {
      if (goesOn.writable && goesOn.write(part)) sentBytes += 0x1000;
    }, 5);
    await Promise.all([stands, goesOn].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    clearInterval(more);
    assert.ok(sentBytes > requestBodyBytes / 2, `${sentBytes} bytes`);
  });

  it("keep the connection of a request whose body is small", async () => {
    const request = "HEAD /idle/big HTTP/1.1\r\nhost: a.example\r\ncontent-length: 3\r\n\r\nabc";
    const socket = silent(request + request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n")).resume();
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes;
    });
    await new Promise((resolve) => socket.once("close", resolve));
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2);
  });
});
