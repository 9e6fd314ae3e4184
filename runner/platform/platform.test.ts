import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../runnerFixture.ts";

/** Each is run as the body of a handler; the value is answered as JSON. */
const CASES: [title: string, code: string, expected: unknown][] = [
  [
    "resolves URLs and encodes search parameters",
    `const u = new URL("../x?y=1#z", "https://a.example/p/q"); u.searchParams.append("ä", "ö"); return u.href`,
    "https://a.example/x?y=1&%C3%A4=%C3%B6#z",
  ],
  [
    "keeps set-cookie headers apart",
    `const h = new Headers([["set-cookie", "a=1"], ["Set-Cookie", "b=2"], ["x", "1"], ["x", "2"]]); return [...h]`,
    [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x", "1, 2"],
    ],
  ],
  [
    "refuses header values with line breaks",
    `try { new Headers({ a: "1\\r\\nb: 2" }); return "taken" } catch (e) { return e.name }`,
    "TypeError",
  ],
  [
    "encodes and decodes UTF-8, lone surrogates and broken bytes included",
    `return [...new TextEncoder().encode("€\\ud800😀")].concat(new TextDecoder().decode(new Uint8Array([0xe2, 0x82, 0x41])))`,
    [226, 130, 172, 239, 191, 189, 240, 159, 152, 128, "\ufffdA"],
  ],
  [
    "reads a body once, and its clone apart",
    `const r = new Response("abc"); const c = r.clone(); const t = await r.text(); let again; try { await r.text() } catch (e) { again = e.name } return [t, await c.text(), again, r.bodyUsed]`,
    ["abc", "abc", "TypeError", true],
  ],
  [
    "streams bodies through a transform",
    `const up = new TransformStream({ transform(c, k) { k.enqueue(new TextEncoder().encode(new TextDecoder().decode(c).toUpperCase())) } }); return await new Response(new Response("loud").body.pipeThrough(up)).text()`,
    "LOUD",
  ],
  [
    "gives a request what the node knows of its client, frozen; what is made of it has the same, and nothing else can have it",
    `const { edge } = request; const { get } = Object.getOwnPropertyDescriptor(Request.prototype, "edge"); const tries = [() => { edge.country = "XX" }, () => { request.edge = {} }, () => get.call({}), () => get.call(new Response())];
    const refused = tries.map((t) => { try { t(); return "taken" } catch (e) { return e.name } });
    return [refused, Object.isFrozen(edge), edge.region, new Request(request).edge === edge, request.clone().edge === edge, new Request("https://a.example/").edge === undefined, new Request("https://a.example/", request).edge === undefined, Object.hasOwn(request, "edge")]`,
    [["TypeError", "TypeError", "TypeError", "TypeError"], true, "eu-test-1", true, true, true, true, false],
  ],
  [
    "gives a request whose headers cannot be changed, and copies whose headers can",
    `let refused; try { request.headers.set("a", "1") } catch (e) { refused = e.name } const copy = new Request(request); copy.headers.set("a", "1"); return [refused, copy.headers.get("a"), request.headers.get("a"), copy.headers.get("host") === request.headers.get("host")]`,
    ["TypeError", "1", null, true],
  ],
  [
    "follows a client's signal in whatever is made of its request, asked for or not",
    `const copy = new Request(request); return [copy.signal.aborted, copy.signal !== request.signal, request.signal === request.signal, new Request(copy, { signal: null }).signal.aborted]`,
    [false, true, true, false],
  ],
  [
    "runs timers in order, and not those that were cleared",
    `const seen = []; clearTimeout(setTimeout(() => seen.push("no"), 1)); await Promise.all([20, 5].map((ms) => new Promise((r) => setTimeout(() => { seen.push(ms); r() }, ms)))); return seen`,
    [5, 20],
  ],
  [
    "aborts with a reason",
    `const c = new AbortController(); let heard = 0; c.signal.addEventListener("abort", () => heard++); c.abort(); c.abort(); return [heard, c.signal.reason.name]`,
    [1, "AbortError"],
  ],
  [
    "clones structures",
    `const m = structuredClone(new Map([[1, { at: new Date(0) }]])); return m.get(1).at.toISOString()`,
    "1970-01-01T00:00:00.000Z",
  ],
  [
    "refuses buffers that could grow uncounted, however they are asked for",
    `const own = Reflect.construct; let raw; Reflect.construct = (target, ...rest) => { raw = target; return own(target, ...rest) };
    const options = { maxByteLength: 16 }, tries = [(B) => new B(1, options), (B) => own(B, [1, options]), (B) => new (class extends B {})(1, options)];
    const refused = tries.every((t) => { for (const B of [ArrayBuffer, new Uint8Array(1).buffer.constructor]) { try { t(B); return false } catch (e) { if (e.name !== "RangeError") return false } } return true });
    return [refused, raw === undefined, new ArrayBuffer(8).byteLength, new ArrayBuffer(1) instanceof ArrayBuffer, ArrayBuffer.isView(new Uint8Array(1)), new (class B extends ArrayBuffer {})(3).slice(1).byteLength]`,
    [true, true, 8, true, true, 2],
  ],
  [
    "gives random values that differ",
    `return [new Set(Array.from({ length: 50 }, () => crypto.randomUUID())).size, crypto.getRandomValues(new Uint8Array(6000)).some((b) => b !== 0)]`,
    [50, true],
  ],
  [
    "makes no code from strings, on any road",
    `const roads = [() => eval("1"), () => Function("return 1")(), () => new Function("return 1")(), () => (0, eval)("1"), () => (() => {}).constructor("return 1")(), () => (async () => {}).constructor("return 1")(), () => (function* () {}).constructor("return 1")(), () => (async function* () {}).constructor("return 1")()]; return roads.map((road) => { try { road(); return "ran" } catch (e) { return e.name } })`,
    Array(8).fill("EvalError"),
  ],
  [
    "has no shared memory and nothing of the host",
    `return [typeof SharedArrayBuffer, typeof Atomics, typeof process, typeof require, Object.getOwnPropertyNames(globalThis).filter((n) => n.startsWith("__edge"))]`,
    ["undefined", "undefined", "undefined", "undefined", []],
  ],
  [
    "survives hostile prototypes",
    `Array.prototype.toJSON = () => "x"; try { return { ok: true } } finally { Promise.prototype.then = () => { throw new Error("diverted") }; queueMicrotask(() => { delete Array.prototype.toJSON }) }`,
    { ok: true },
  ],
];

const CODE = `const cases = [${CASES.map(([, code]) => `async (request) => { ${code} }`).join(",\n")}];
export default { async fetch(request, env, ctx) {
  const { searchParams } = new URL(request.url);
  if (searchParams.has("later")) {
    ctx.waitUntil(new Promise((resolve) => setTimeout(() => { console.log("later", { done: true }); resolve(); }, 50)));
    return new Response("now");
  }
  const value = await cases[Number(searchParams.get("n"))](request);
  return new Response(JSON.stringify(value));
} };`;

describe("the platform in an isolate", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({ cases: { code: CODE, routes: ["/"] } });
  });
  after(() => runner[Symbol.asyncDispose]());

  CASES.forEach(([title, , expected], index) => {
    it(title, async () => {
      const { status, body } = await runner.fetch(`/?n=${index}`);
      assert.equal(status, 200, body);
      assert.deepEqual(JSON.parse(body), expected);
    });
  });

  it("goes on after the answer for waitUntil, and logs under the request's id", async () => {
    const { body } = await runner.fetch("/?later", { headers: { "x-request-id": "later-1" } });
    assert.equal(body, "now");
    await until("the log line comes", () => runner.line('later {"done":true}')?.requestId === "later-1");
  });
});
