import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "../runnerFixture.ts";
import { moduleOf, text } from "../wasm/wasmFixture.ts";
import { API, BINDINGS } from "./apiTableFixture.ts";
import { HARNESS, recordingCode } from "./hostileFixture.ts";
import { LANGUAGE } from "./languageFixture.ts";

const NAMES = Object.keys(API);
const USES = { ...API, ...BINDINGS };

/** Exports its memory of one page. */
const WASM = moduleOf([5, [1, 0, 1]], [7, [1, ...text("mem"), 2, 0]]);

const WASM_MODULE = 'import edgeModule$ from "edge:modules"; const wasmModule = edgeModule$("a.wasm");';

/** What code might be handed by mistake: errors, callbacks' receivers, arguments, promises. */
const GIVEN = `${HARNESS}
export default { async fetch(request, env, ctx) {
  const given = [request, env, ctx, this]; const take = function (...values) { given[given.length] = this; for (const value of values) given[given.length] = value; };
  const hostile = new Proxy(function () {}, { get(target, key, receiver) { take(receiver); if (key === "then") return take; if (key === Symbol.toPrimitive) return () => "x"; return take; }, apply(_, self, args) { take(self, ...args); }, has: () => true,
    ownKeys: () => ["prototype"], getPrototypeOf: () => Object.prototype, construct(_, args) { take(...args); return {}; } });
  const runs = [() => fetch(hostile), () => new Request(hostile), () => new Response(hostile), () => new Response("", hostile), () => new Headers(hostile), () => new URL(hostile), () => structuredClone(hostile), () => console.log(hostile),
    () => setTimeout(hostile, 0, hostile), () => queueMicrotask(hostile), () => ctx.waitUntil(hostile), () => crypto.getRandomValues(hostile), () => crypto.subtle.digest(hostile, hostile), () => crypto.subtle.importKey("raw", hostile, hostile, hostile, hostile),
    () => new TextEncoder().encode(hostile), () => new TextDecoder(hostile), () => new TextDecoder().decode(hostile), () => atob(hostile), () => new AbortController().abort(hostile), () => AbortSignal.any([hostile]), () => new Event(hostile, hostile),
    () => new EventTarget().addEventListener("x", hostile), () => new EventTarget().dispatchEvent(hostile), () => new ReadableStream(hostile), () => new WritableStream(hostile), () => new TransformStream(hostile), () => new CompressionStream(hostile),
    () => Response.json(hostile), () => Response.redirect(hostile), () => new DOMException(hostile, hostile), () => new URLSearchParams(hostile), () => new WebAssembly.Memory(hostile), () => new WebAssembly.Table(hostile), () => new WebAssembly.Instance(hostile), () => WebAssembly.instantiate(hostile, hostile), () => WebAssembly.compileStreaming(hostile), () => request.text.call(hostile), () => Headers.prototype.get.call(hostile, "x"),
    () => Object.getOwnPropertyDescriptor(Request.prototype, "signal")?.get?.call(hostile), () => new Response(new ReadableStream({ pull(c) { take(c, this); throw hostile; } })).text(), () => { throw hostile; }];
  for (const run of runs) { try { take(await Promise.race([run(), new Promise((r) => setTimeout(r, 2))])); } catch (error) { take(error); } }
  return new Response(stringify([hostFunctions(given), given.length > 20]));
} };`;

/** The plainest function, among prototypes that throw whatever they are asked. */
const THROWING = `${HARNESS}
let patched = false; const { get } = Headers.prototype;
export default { async fetch(request) {
  const { method, url } = request; const kind = apply(get, request.headers, ["x-kind"]);
  if (!patched) { patched = true; patchAll((original, key) => function () { throw new RangeError("diverted by " + (typeof key === "symbol" ? "a symbol" : key)); }); }
  if (kind === "throw") throw new TypeError("own");
  return new Response("still " + method, { headers: { "x-own": "1" } });
} };`;

const REJECTING = `export default { fetch() {
  for (let index = 0; index < 10; index++) Promise.reject(new Error("nobody hears " + index));
  setTimeout(() => { Promise.reject(1); Promise.reject(2); }, 1);
  return new Response("ok");
} };`;

const SURVEY = `const names = Object.getOwnPropertyNames(globalThis); const members = {};
const own = (value) => Object.getOwnPropertyNames(value).filter((name) => !["length", "name", "prototype", "constructor"].includes(name));
const at = (name) => name.split(".").reduce((value, part) => value[part], globalThis);
export default { fetch(request) {
  for (const name of ${JSON.stringify(NAMES)}) { const value = at(name);
    members[name] = value === null ? "" : [...own(value).sort(), ...(typeof value === "function" && value.prototype ? own(value.prototype).sort().map((key) => "." + key) : [])].join(" "); }
  return new Response(JSON.stringify({ names, members }));
} };`;

describe("the platform among hostile prototypes", () => {
  let runner: TestRunner;
  let origin: Server;
  before(async () => {
    origin = createServer((request, response) => {
      if (request.url === "/big") response.end(Buffer.alloc(300_000));
      else request.pipe(response);
    });
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port }] });
    await runner.start();
    const limits = { cpuMs: 20_000, wallMs: 30_000 };
    await runner.deploy({
      survey: { code: SURVEY, routes: ["/survey"] },
      recording: {
        code: recordingCode(USES, WASM_MODULE),
        imports: { "a.wasm": { type: "wasm", bytes: WASM } },
        routes: ["/recording"],
        bindings: {
          NOTES: { kind: "kv", name: "notes" },
          DB: { kind: "sql", name: "main" },
          SURVEY: { kind: "function", name: "survey" },
        },
        env: { ORIGIN: `http://127.0.0.1:${port}` },
        limits,
      },
      given: { code: GIVEN, routes: ["/given"], limits },
      rejecting: { code: REJECTING, routes: ["/rejecting"] },
      throwing: { code: THROWING, routes: ["/throwing"] },
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.close();
    origin.closeAllConnections();
  });

  it("has a row for every global and every member", async () => {
    const { names, members } = JSON.parse((await runner.fetch("/survey")).body);
    const globals = NAMES.filter((name) => !name.includes("."));
    assert.deepEqual([...names].sort(), [...LANGUAGE, ...globals].sort());
    for (const name of NAMES) assert.equal(members[name], API[name]?.members, name);
  });

  for (const name of Object.keys(USES)) {
    it(`does the same and shows nothing of the host: ${name}`, async () => {
      const { status, body } = await runner.fetch(`/recording?name=${encodeURIComponent(name)}`);
      assert.equal(status, 200, body);
      const { plain, hostile, host, recorded } = JSON.parse(body);
      assert.deepEqual(host, []);
      assert.equal(hostile, plain);
      assert.ok(recorded > 3);
    });
  }

  it("hands nothing of the host to callbacks, traps, thenables and errors", async () => {
    const { status, body } = await runner.fetch("/given");
    assert.equal(status, 200, body);
    assert.deepEqual(JSON.parse(body), [[], true]);
  });

  it("takes the answer of a function that has made every method throw, as well as its errors, and loses no process", async () => {
    for (const kind of ["answer", "answer", "throw", "answer"]) {
      const { status, headers, body } = await runner.fetch("/throwing", { headers: { "x-kind": kind } });
      if (kind === "answer") assert.deepEqual([status, body, headers["x-own"]], [200, "still GET", "1"]);
      else assert.deepEqual([status, JSON.parse(body).error.code], [500, "ERR_FUNCTION_THREW"]);
    }
    assert.equal((await runner.fetch("/survey")).status, 200);
    assert.equal((await runner.metrics()).sum("edge_runner_process_deaths_total"), 0);
  });

  it("takes rejections that nobody heard for the function's own affair", async () => {
    for (let index = 0; index < 5; index++) assert.equal((await runner.fetch("/rejecting")).body, "ok");
    assert.equal((await runner.metrics()).sum("edge_runner_process_deaths_total"), 0);
  });
});
