import type { Attack } from "../attack.ts";

const HEAP = "ERR_LIMIT_HEAP_MB";
const CPU = "ERR_LIMIT_CPU_MS";

/** Growth until something gives, against 64 MB of heap; there is CPU time enough to get there. */
const ROWS: readonly Attack[] = [
  { name: "array-growth", code: "const a = []; for (;;) a.push({ x: [1, 2] });", expect: [HEAP, CPU], cost: "process" },
  {
    name: "object-growth",
    code: "const o = {}; for (let i = 0; ; i++) o['k' + i] = { i };",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "map-growth",
    code: "const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "weakmap-growth",
    code: "const m = new WeakMap(), keep = []; for (;;) { const k = {}; keep.push(k); m.set(k, new Array(50).fill(0)); }",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "large-typed-array",
    code: `try { const a = []; for (let i = 0; i < 64; i++) a.push(new Uint8Array(256 * 1024 * 1024).fill(1)); return new Response("allocated"); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "gigabyte-buffer",
    code: `try { const b = new ArrayBuffer(1024 ** 3); return new Response("allocated " + b.byteLength); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "many-small-buffers",
    code: "const a = []; for (;;) a.push(new Uint8Array(65_536).fill(7));",
    expect: [HEAP, "ERR_FUNCTION_THREW"],
    cost: "isolate",
  },
  {
    name: "flattened-string",
    code: `let s = "ab"; for (;;) { s += s; if (s.length > 1e6) s.charCodeAt(s.length - 1), /x/.test(s); }`,
    expect: [HEAP, CPU, "ERR_FUNCTION_THREW", "ERR_WORKER_LOST"],
    cost: "process",
  },
  {
    name: "split-characters",
    code: `const parts = "ab".repeat(2e8).split(""); return new Response("survived " + parts.length);`,
    expect: [HEAP, CPU, "ERR_WORKER_LOST", "ERR_FUNCTION_THREW", "ERR_FUNCTION_QUARANTINED"],
    cost: "process",
  },
  {
    name: "resizable-buffer",
    code: `try { const b = new ArrayBuffer(0, { maxByteLength: 2 ** 31 }); b.resize(2 ** 31 - 1); new Uint8Array(b).fill(1);
      return new Response("allocated " + b.byteLength); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "many-resizable-buffers",
    code: `try { const keep = [];
      for (let i = 0; i < 64; i++) { const b = new ArrayBuffer(1, { maxByteLength: 2 ** 26 }); b.resize(2 ** 26); new Uint8Array(b).fill(1); keep.push(b); }
      return new Response("allocated " + keep.length * 64); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "transferred-buffer",
    code: `try { let b = new ArrayBuffer(1024); for (let size = 1024; size < 2 ** 32; size *= 2) { b = b.transfer(size); new Uint8Array(b).fill(1); }
      return new Response("allocated " + b.byteLength); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "transferred-results",
    code: `const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]);
    const by = { name: "AES-GCM", iv: new Uint8Array(12) }; const big = new Uint8Array(4 * 1024 * 1024); const keep = [];
    for (let i = 0; i < 40; i++) keep.push((await crypto.subtle.encrypt(by, key, big)).transfer());
    return new Response("allocated " + keep.reduce((sum, { byteLength }) => sum + byteLength, 0));`,
    expect: [HEAP, "ERR_FUNCTION_THREW"],
    cost: "isolate",
    limits: { cpuMs: 10_000, wallMs: 20_000 },
  },
  {
    name: "transferred-chunks",
    code: `const zeros = new ReadableStream({ start() { this.left = 160; }, pull(c) { if (this.left-- > 0) c.enqueue(new Uint8Array(1024 * 1024)); else c.close(); } });
    const keep = []; let bytes = 0; const move = (buffer) => structuredClone(buffer, { transfer: [buffer] });
    for await (const { buffer } of zeros.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"))) {
      bytes += buffer.byteLength; keep.push(keep.length % 2 ? move(buffer) : buffer.transferToFixedLength()); }
    return new Response("allocated " + bytes);`,
    expect: [HEAP, "ERR_FUNCTION_THREW"],
    cost: "isolate",
    limits: { cpuMs: 10_000, wallMs: 20_000 },
  },
  {
    name: "transferred-stream",
    code: `const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]);
    const by = { name: "AES-GCM", iv: new Uint8Array(12) }; const big = new Uint8Array(4 * 1024 * 1024); const keep = []; let left = 40;
    const bytes = new ReadableStream({ type: "bytes", async pull(c) { if (left-- > 0) c.enqueue(new Uint8Array(await crypto.subtle.encrypt(by, key, big))); else c.close(); } });
    for await (const chunk of bytes) keep.push(chunk); return new Response("allocated " + keep.length);`,
    expect: [HEAP, "ERR_FUNCTION_THREW"],
    cost: "isolate",
    limits: { cpuMs: 10_000, wallMs: 20_000 },
  },
  {
    name: "wasm-memory",
    code: `if (typeof WebAssembly === "undefined") return new Response("blocked absent");
    try { const m = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); for (let i = 0; i < 60; i++) m.grow(512);
      new Uint8Array(m.buffer).fill(1); return new Response("allocated " + m.buffer.byteLength); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked", HEAP],
    cost: "answer",
  },
  {
    name: "wasm-own-memory",
    code: `const bytes = new Uint8Array([0,97,115,109,1,0,0,0,5,3,1,0,1,7,7,1,3,109,101,109,2,0]);
    try { const grown = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.mem; for (let i = 0; i < 60; i++) grown.grow(512);
      return new Response("allocated " + grown.buffer.byteLength); }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked"],
    cost: "answer",
  },
  {
    name: "array-fill",
    code: "const keep = []; for (;;) keep.push(new Array(1 << 27).fill(1.5));",
    expect: [HEAP, CPU, "ERR_WORKER_LOST"],
    cost: "process",
  },
  {
    name: "string-repeat",
    code: `const keep = []; try { for (;;) { const s = "x".repeat(2 ** 28); s.charCodeAt(1); keep.push(s + keep.length); encodeURIComponent(s); } }
    catch (error) { return new Response("blocked " + error.name); }`,
    expect: ["blocked", HEAP, CPU, "ERR_WORKER_LOST"],
    cost: "process",
  },
  {
    name: "string-padding",
    code: `const keep = []; for (;;) keep.push("".padEnd(2 ** 24, "é" + keep.length));`,
    expect: [HEAP, CPU, "ERR_WORKER_LOST", "ERR_FUNCTION_THREW"],
    cost: "process",
  },
  {
    name: "structured-clone",
    code: "let v = []; for (let i = 0; i < 40; i++) v = [v, v]; return new Response('survived ' + structuredClone(v).length);",
    expect: ["survived"],
    cost: "answer",
  },
  {
    name: "json-bomb",
    code: `let v = "x"; for (let i = 0; i < 40; i++) v = [v, v]; return new Response("survived " + JSON.stringify(v).length);`,
    expect: [HEAP, CPU, "ERR_FUNCTION_THREW", "ERR_WORKER_LOST"],
    cost: "process",
  },
  {
    name: "json-parse-growth",
    code: `const text = "[" + "[],".repeat(4e6) + "[]]"; const keep = []; for (;;) keep.push(JSON.parse(text));`,
    expect: [HEAP, CPU, "ERR_WORKER_LOST"],
    cost: "process",
  },
  {
    name: "generator-bomb",
    code: "function* g() { for (;;) yield new Array(100).fill({}); } const all = [...g()]; return new Response('survived ' + all.length);",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "stack-capture",
    code: `Error.stackTraceLimit = Infinity; const keep = []; const deep = (n) => { if (n > 0) deep(n - 1); else keep.push(new Error("x".repeat(1e5)).stack); };
    for (;;) deep(2_000);`,
    expect: [HEAP, CPU, "ERR_WORKER_LOST"],
    cost: "process",
  },
  {
    name: "closure-growth",
    code: "let f = () => 0; for (;;) { const g = f; const data = new Array(100).fill(g); f = () => data; }",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "symbol-growth",
    code: "const keep = []; for (let i = 0; ; i++) keep.push(Symbol.for('s' + i));",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "weakref-churn",
    code: "for (;;) new WeakRef({ big: new Array(1_000).fill(0) });",
    expect: [HEAP, CPU],
    cost: "process",
  },
  {
    name: "growth-between-entries",
    code: `globalThis.kept ??= []; const grow = () => { for (let i = 0; i < 2e5; i++) globalThis.kept.push({ i }); };
    return new Promise(() => { setInterval(grow, 1); });`,
    expect: [HEAP, CPU],
    cost: "process",
  },
];

export const MEMORY_ATTACKS: readonly Attack[] = ROWS.map((row) => ({
  ...row,
  limits: { cpuMs: 2_000, wallMs: 10_000, ...row.limits },
}));
