import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { findAsset } from "./router/assets.ts";
import { TestRunner } from "./runnerFixture.ts";

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
    assert.equal((await runner.fetch("/../../etc/passwd")).body, "code GET /etc/passwd");
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
