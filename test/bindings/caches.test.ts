import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";

const CODE = `const get = "https://site.example/page"; const fresh = (body, more = {}, init = {}) => new Response(body, { ...init, headers: { "cache-control": "max-age=600", ...more } });
const text = async (key, cache = caches.default) => (await cache.match(key))?.text() ?? null;
const tasks = {
  async round() { await caches.default.put(get, fresh("kept", { "x-own": "1" }, { status: 203 })); const found = await caches.default.match(get + "#part");
    return [found.status, found.headers.get("x-own"), Number(found.headers.get("age")) < 60, await found.text(), await caches.default.delete(get), await caches.default.delete(get), await text(get)]; },
  async apart() { const other = await caches.open("other"); await other.put(get, fresh("other")); await caches.default.put(get, fresh("default"));
    return [await text(get, other), await text(get), await text(get, await caches.open("none"))]; },
  keep: () => caches.default.put(get, fresh("mine")).then(() => "kept"),
  look: () => text(get),
  async vary() { const of = (language) => new Request(get, { headers: { "accept-language": language } });
    await caches.default.put(of("de"), fresh("deutsch", { vary: "Accept-Language" })); await caches.default.put(of("fr"), fresh("français", { vary: "accept-language" }));
    return [await text(of("de")), await text(of("fr")), await text(of("ja")), await text(get)]; },
  async large() { const bytes = new Uint8Array(3_000_000); for (let i = 0; i < bytes.length; i++) bytes[i] = i; await caches.default.put(get, fresh(bytes));
    const found = new Uint8Array(await (await caches.default.match(get)).arrayBuffer()); return found.length === bytes.length && found.every((b, i) => b === (i & 255)); },
  async validators() { await caches.default.put(get, fresh("x", { etag: '"v1"', "last-modified": "Mon, 05 Oct 2026 10:00:00 GMT" }));
    const status = async (headers) => (await caches.default.match(new Request(get, { headers }))).status;
    return [await status({ "if-none-match": 'W/"v1"' }), await status({ "if-none-match": '"v2"' }), await status({ "if-modified-since": "Mon, 05 Oct 2026 10:00:00 GMT" })]; },
  async refused() { const post = new Request(get, { method: "POST", body: "x" }); const said = [];
    for (const run of [() => caches.default.put(post, fresh("x")), () => caches.default.put(get, new Response("x", { status: 206 })), () => caches.default.put(get, fresh("x", { vary: "*" })), () => caches.default.put("data:,x", fresh("x")), () => caches.default.put(get, "x"), () => caches.default.match()])
      try { await run(); said.push("none"); } catch (e) { said.push(e.name); } return [...said, await caches.default.match(post) ?? null]; },
  async silent() { await caches.default.delete(get); const found = [];
    for (const [response, request] of [[fresh("x", { "set-cookie": "a=b" })], [new Response("x")], [fresh("x", { "cache-control": "no-store" })], [fresh("x"), new Request(get, { headers: { authorization: "Bearer x" } })]]) { await caches.default.put(request ?? get, response); found.push(await text(get)); } return found; },
  async tooLarge() { await caches.default.put(get, fresh(new Uint8Array(9 * 1024 * 1024))); },
  async fill(request) { const prefix = new URL(request.url).searchParams.get("prefix"); const value = new Uint8Array(4_000_000);
    for (let i = 0; i < 20; i++) await caches.default.put("https://" + prefix + ".example/" + i, fresh(value)); let kept = 0;
    for (let i = 0; i < 20; i++) { const found = await caches.default.match("https://" + prefix + ".example/" + i); if (found) { kept++; await found.body.cancel(); } } return kept; },
};
export default { async fetch(request) { return Response.json(await tasks[new URL(request.url).searchParams.get("task")](request) ?? null); } };`;

describe("caches", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const limits = { cpuMs: 5_000, wallMs: 20_000 };
    await runner.deploy({
      one: { code: CODE, routes: ["/one"], limits },
      two: { code: CODE, routes: ["/two"], limits },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  const ask = async (name: string, task: string) => {
    const { status, body } = await runner.fetch(`/${name}?task=${task}`);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };

  it("give an answer again with its age, until it is deleted", async () => {
    assert.deepEqual(await ask("one", "round"), [203, "1", true, "kept", true, false, null]);
  });

  it("are apart by name and by function", async () => {
    assert.deepEqual(await ask("one", "apart"), ["other", "default", null]);
    assert.equal(await ask("one", "keep"), "kept");
    assert.equal(await ask("two", "look"), null);
    assert.equal(await ask("one", "look"), "mine");
  });

  it("keep one answer for each value of what it varies by", async () => {
    assert.deepEqual(await ask("one", "vary"), ["deutsch", "français", null, null]);
  });

  it("stream large bodies", async () => {
    assert.equal(await ask("one", "large"), true);
  });

  it("answer a condition that holds with 304", async () => {
    assert.deepEqual(await ask("one", "validators"), [304, 200, 304]);
  });

  it("refuse what cannot be stored, and do not store what a shared cache may not keep", async () => {
    assert.deepEqual(await ask("one", "refused"), [...Array(6).fill("TypeError"), null]);
    assert.deepEqual(await ask("one", "silent"), [null, null, null, null]);
    const { status, headers } = await runner.fetch("/one?task=tooLarge");
    assert.deepEqual([status, headers["x-edge-error"]], [500, "ERR_BINDING_TOO_LARGE"]);
  });

  it("are bounded, and who stores much takes from itself", async () => {
    assert.equal(await ask("two", "keep"), "kept");
    const kept = await ask("one", "fill&prefix=a");
    assert.ok(kept > 10 && kept < 18, `${kept}`);
    assert.equal(await ask("two", "look"), "mine");
  });

  it("show in the metrics as the kind cache", async () => {
    await until("the figures come", async () => {
      const metrics = await runner.metrics();
      const own = { function: "one", kind: "cache" };
      return (
        metrics.sum("edge_runner_binding_operations_total", { ...own, operation: "match" }) >= 10 &&
        metrics.sum("edge_runner_binding_operations_total", { ...own, operation: "put" }) >= 10
      );
    });
  });
});
