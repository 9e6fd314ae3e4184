import type { Attack } from "../attack.ts";

const CPU = "ERR_LIMIT_CPU_MS";
const HEAP = "ERR_LIMIT_HEAP_MB";
const THREW = "ERR_FUNCTION_THREW";
const RESPONSE = "ERR_FUNCTION_RESPONSE";

/** Ways out of the isolate, into other functions and into the runner's own code. */
export const ESCAPE_ATTACKS: readonly Attack[] = [
  {
    name: "trusted-headers",
    code: `return new Response("survived", { headers: { "x-edge-region": "forged", "x-request-id": "forged", "x-edge-error": "", "server-timing": "edge;desc=forged" } });`,
    expect: ["survived"],
    refuses: /x-edge-region":"forged|x-request-id":"forged/,
    cost: "answer",
  },
  {
    name: "code-from-strings",
    code: `const roads = [
      () => eval("1"), () => (0, eval)("1"), () => new Function("return 1")(), () => [].constructor.constructor("return 1")(),
      () => Object.getPrototypeOf(async () => {}).constructor("return 1")(), () => Object.getPrototypeOf(function* () {}).constructor("return 1")(),
      () => Object.getPrototypeOf(async function* () {}).constructor("return 1")(), () => Reflect.construct(Function, ["return 1"])(),
      () => Response.constructor("return 1")(), () => request.constructor.constructor("return 1")(), () => console.log.constructor("return 1")(),
      () => fetch.constructor("return 1")(), () => ctx.waitUntil.constructor("return 1")(), () => new ShadowRealm().evaluate("1"),
    ];
    for (const road of roads) { try { road(); return new Response("leaked " + road); } catch {} }
    return new Response("blocked");`,
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "imports",
    code: `for (const name of ["node:fs", "fs", "data:text/javascript,export default 1", "file:///etc/passwd", "isolated-vm", "edge:start", "edge:main"]) {
      try { await import(name); return new Response("leaked " + name); } catch {} }
    return new Response("blocked");`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "host-globals",
    code: `const found = ["process", "require", "module", "Buffer", "global", "_ivm", "ivm", "__proto__edge", "SharedArrayBuffer", "Atomics", "d8", "gc"]
      .filter((name) => name in globalThis);
    const strange = Reflect.ownKeys(globalThis).filter((name) => /edge|boot|host|ivm/i.test(String(name)));
    return new Response(found.length + strange.length === 0 ? "blocked" : "leaked " + [...found, ...strange].map(String));`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "stack-frames",
    code: `const seen = []; Error.prepareStackTrace = (error, frames) => { for (const f of frames) seen.push(f.getThis?.(), f.getFunction?.()); return ""; };
    const poke = () => { new Error("x").stack; return "x"; };
    try { new Headers([[{ toString: poke }, "1"]]); } catch {}
    try { new URL({ toString: poke }); } catch {}
    try { await new Response(new ReadableStream({ pull(c) { poke(); c.close(); } })).text(); } catch {}
    setTimeout(poke, 0); await new Promise((r) => setTimeout(r, 5));
    const leaked = seen.filter((v) => v !== undefined && v !== globalThis && v !== poke && !/^(async )?function attack|poke|=>/.test(String(v)));
    return new Response(leaked.length === 0 ? "blocked" : "leaked " + leaked.map((v) => typeof v + " " + String(v).slice(0, 80)));`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "patched-builtins",
    code: `const caught = [], undo = []; const spy = (target, name) => { const own = target[name]; undo[undo.length] = () => { target[name] = own; }; target[name] = function (...args) { for (let i = 0; i < args.length; i++) caught[caught.length] = args[i]; caught[caught.length] = this; return Reflect.apply(own, this, args); }; };
    for (const [target, names] of [[Array.prototype, ["push", "map", "filter", "slice", "forEach", "join"]], [Map.prototype, ["get", "set", "delete"]],
      [Function.prototype, ["call", "bind"]], [Promise.prototype, ["then"]], [JSON, ["stringify", "parse"]], [String.prototype, ["slice", "split", "toLowerCase", "replace"]]])
      for (const name of names) spy(target, name);
    console.log("x"); setTimeout(() => {}, 1); crypto.randomUUID(); await fetch("http://127.0.0.1/").catch(() => {});
    for (const back of undo) back();
    const host = caught.filter((v) => typeof v === "function" && /send|installed|TO_HOST|Callback/.test(Function.prototype.toString.apply(v)));
    return new Response(host.length === 0 ? "blocked" : "leaked " + host.map(String).join().slice(0, 200));`,
    expect: ["blocked", THREW],
    cost: "answer",
  },
  {
    name: "prototype-pollution",
    code: `Object.prototype.status = 500; Object.prototype.headers = [["x-injected", "1"]]; Object.prototype.key = 0; Object.prototype.env = { leaked: 1 };
    Array.prototype[0] = ["x-injected", "2"]; Object.defineProperty(Object.prototype, "toJSON", { value() { return { status: 200, headers: [["x-injected", "3"]] }; } });
    return new Response("survived");`,
    expect: ["survived", THREW, RESPONSE, CPU],
    cost: "isolate",
  },
  {
    name: "others-env",
    code: `return new Response(JSON.stringify([env, Object.keys(globalThis), typeof env.SECRET_OF_OTHERS]).includes("hidden-value") ? "leaked" : "blocked");`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "env-tampering",
    code: `try { env.NAME = "changed"; } catch {} try { delete env.NAME; } catch {} try { Object.setPrototypeOf(env, { NAME: "x" }); } catch {}
    return new Response(env.NAME === "own" ? "blocked" : "leaked " + env.NAME);`,
    env: { NAME: "own" },
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "global-wreck",
    code: "for (const k of Reflect.ownKeys(globalThis)) { try { delete globalThis[k]; } catch {} } return null;",
    expect: [RESPONSE, THREW],
    cost: "answer",
  },
  {
    name: "frozen-world",
    code: "for (const p of [Object, Array, Promise, Map, Function, String]) Object.freeze(p.prototype); Object.freeze(globalThis); return new Response('survived');",
    expect: ["survived", THREW],
    cost: "answer",
  },
  {
    name: "forged-instance",
    code: "Object.defineProperty(Response, Symbol.hasInstance, { value: () => true }); return { status: 200, headers: [] };",
    expect: [RESPONSE, THREW],
    cost: "answer",
  },
  {
    name: "proxy-response",
    code: "return new Proxy(new Response('x'), {});",
    expect: [RESPONSE, THREW],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "subclassed-response",
    code: `class R extends Response { get status() { return "200\\r\\nx-injected: 1"; } get headers() { return { entries: () => [["x-injected", "1"]], [Symbol.iterator]: () => [["x\\r\\n", "1"]][Symbol.iterator]() }; } }
    return new R("survived");`,
    expect: ["survived", RESPONSE, THREW],
    refuses: /x-injected/,
    cost: "answer",
  },
  {
    name: "used-response",
    code: "globalThis.kept ??= new Response('survived'); return globalThis.kept;",
    expect: ["survived", THREW, RESPONSE],
    cost: "answer",
    atOnce: 4,
    calmAfterwards: true,
  },
  {
    name: "status-tricks",
    code: `for (const status of [0, 1, 99, 100, 101, 199, 600, 1e9, NaN, Infinity, -200, 200.5, "abc", {}, 65_736]) {
      try { const r = new Response(null, { status }); if (r.status < 200 || r.status > 599) return new Response("leaked " + status); } catch {} }
    return new Response("blocked");`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "header-injection",
    code: `for (const [n, v] of [["x-a", "1\\r\\nx-injected: 1"], ["x-a", "1\\nx-injected: 1"], ["x-a\\r\\nx-injected", "1"], ["x-a: 1\\r\\nx-injected", "1"], ["x-a", "1\\0"], ["", "1"], [" x-injected", "1"], ["x-\\u010ainjected", "1"], ["x-a", "\\u010d\\u010ax-injected: 1"]]) {
      try { const h = new Headers(); h.append(n, v); return new Response("leaked", { headers: h }); } catch {} }
    return new Response("blocked");`,
    expect: ["blocked"],
    refuses: /x-injected/,
    cost: "answer",
  },
  {
    name: "framing-headers",
    code: `return new Response("survived " + "x".repeat(1_000), { headers: { "content-length": "5", "transfer-encoding": "chunked", connection: "close, x-a", "keep-alive": "timeout=1", upgrade: "h2c", trailer: "x-t", te: "trailers" } });`,
    expect: ["survived"],
    refuses: /transfer-encoding|upgrade|x-t\b/,
    cost: "answer",
    atOnce: 4,
    calmAfterwards: true,
  },
  {
    name: "cookie-flood",
    code: "const headers = new Headers(); for (let i = 0; i < 10_000; i++) headers.append('set-cookie', 'c' + i + '=' + 'x'.repeat(50)); return new Response('survived', { headers });",
    expect: ["ERR_LIMIT_RESPONSE_HEADER_BYTES", RESPONSE],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "huge-header",
    code: "return new Response('survived', { headers: { 'x-big': 'x'.repeat(4e6) } });",
    expect: ["ERR_LIMIT_RESPONSE_HEADER_BYTES", RESPONSE],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "thrown-proxy",
    code: "throw new Proxy({}, { get() { throw new Error('again'); }, getPrototypeOf() { throw 1; } });",
    expect: [THREW],
    cost: "answer",
    calmAfterwards: true,
  },
  { name: "thrown-nothing", code: "throw undefined;", expect: [THREW], cost: "answer", calmAfterwards: true },
  { name: "thrown-symbol", code: "throw Symbol('x');", expect: [THREW], cost: "answer", calmAfterwards: true },
  {
    name: "thrown-giant",
    code: "const e = new Error('x'.repeat(2e7)); e.stack = 'y'.repeat(2e7); throw e;",
    expect: [THREW, HEAP],
    cost: "isolate",
  },
  {
    name: "hostile-stack",
    code: "const e = new Error(); Object.defineProperty(e, 'stack', { get() { throw e; } }); throw e;",
    expect: [THREW],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "rejection-flood",
    code: "for (let i = 0; i < 50_000; i++) Promise.reject(new Error('r' + i)); return new Response('survived');",
    expect: ["survived", CPU],
    cost: "isolate",
  },
  {
    name: "finalizer-loop",
    code: `const registry = new FinalizationRegistry(() => { for (;;); }); for (let i = 0; i < 1_000; i++) registry.register({ big: new Array(1_000).fill(i) }, i);
    globalThis.kept = registry; for (let i = 0; i < 200; i++) new Array(10_000).fill({}); return new Response("survived");`,
    expect: ["survived", CPU, THREW],
    cost: "isolate",
  },
  {
    name: "others-requests",
    code: `globalThis.requests ??= []; globalThis.requests.push([request, ctx]); const [first, firstCtx] = globalThis.requests[0];
    if (globalThis.requests.length === 1) return new Response("blocked first");
    try { firstCtx.waitUntil(new Promise(() => {})); return new Response("leaked"); } catch { return new Response("blocked"); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "endless-body",
    code: "const part = new Uint8Array(65_536); return new Response(new ReadableStream({ pull(c) { c.enqueue(part); } }));",
    expect: ["ERR_LIMIT_RESPONSE_BODY_BYTES", CPU, "cut"],
    cost: "isolate",
  },
  {
    name: "huge-body",
    code: "return new Response('x'.repeat(2 ** 28));",
    expect: ["ERR_LIMIT_RESPONSE_BODY_BYTES", HEAP, CPU, THREW, "ERR_WORKER_LOST"],
    cost: "process",
  },
  {
    name: "listener-growth",
    code: "const t = new EventTarget(); for (let i = 0; ; i++) t.addEventListener('e' + i, () => {});",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "clone-growth",
    code: "const keep = []; for (;;) keep.push(request.clone(), new Response('x').clone(), new Headers(request.headers));",
    expect: [HEAP, CPU],
    cost: "process",
  },
];
