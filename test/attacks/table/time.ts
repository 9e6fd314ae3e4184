import type { Attack } from "../attack.ts";

const CPU = "ERR_LIMIT_CPU_MS";
const WALL = "ERR_LIMIT_WALL_MS";

/** Work without end. */
export const TIME_ATTACKS: readonly Attack[] = [
  { name: "busy-loop", code: "for (;;);", expect: [CPU], cost: "isolate" },
  { name: "busy-loops", code: "for (;;);", expect: [CPU, "ERR_ISOLATE_LOST"], cost: "isolate", atOnce: 8 },
  {
    name: "bigint-loop",
    code: "let n = 3n; for (;;) n *= n;",
    expect: [CPU, "ERR_WORKER_LOST", "ERR_FUNCTION_THREW", "ERR_LIMIT_HEAP_MB"],
    cost: "process",
  },
  {
    name: "bigint-text",
    code: "const n = 7n ** 3000000n; return new Response('survived ' + String(n).length);",
    expect: ["survived", CPU, "ERR_WORKER_LOST"],
    cost: "process",
  },
  { name: "promise-loop", code: "for (;;) await null;", expect: [CPU], cost: "isolate" },
  {
    name: "microtask-flood",
    code: "const flood = () => { queueMicrotask(flood); queueMicrotask(flood); }; flood(); await new Promise(() => {});",
    expect: [CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "isolate",
  },
  {
    name: "async-generator-loop",
    code: "async function* g() { for (;;) yield 1; } for await (const x of g());",
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "regex",
    code: "return new Response('survived ' + /^(a+)+$/.test('a'.repeat(40) + '!'));",
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "recursion",
    code: "const f = () => 1 + f(); try { f(); } catch (error) { return new Response('blocked ' + error.name); }",
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "recursion-in-finally",
    code: "const f = () => { try { f(); } finally { f(); } }; f();",
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "json-parse-depth",
    code: "try { JSON.parse('['.repeat(5e6)); return new Response('survived'); } catch (error) { return new Response('blocked ' + error.name); }",
    expect: ["blocked", CPU],
    cost: "process",
  },
  {
    name: "json-stringify-depth",
    code: "let v = {}; for (let i = 0; i < 1e6; i++) v = { v }; try { JSON.stringify(v); return new Response('survived'); } catch (error) { return new Response('blocked ' + error.name); }",
    expect: ["blocked", "survived", CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "process",
  },
  {
    name: "sort-comparator",
    code: "new Array(1e5).fill(0).map(Math.random).sort(() => { for (let i = 0; i < 1e5; i++); return Math.random() - 0.5; });",
    expect: [CPU],
    cost: "process",
  },
  {
    name: "sort-huge",
    code: "for (;;) new Array(1e6).fill(0).map((_, i) => String((i * 7919) % 1e6)).sort();",
    expect: [CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "process",
  },
  {
    name: "loop-in-wait-until",
    code: "ctx.waitUntil((async () => { await new Promise((r) => setTimeout(r, 20)); for (;;); })()); return new Response('survived');",
    expect: ["survived"],
    cost: "isolate",
  },
  {
    name: "endless-wait-until",
    code: "ctx.waitUntil(new Promise(() => {})); return new Response('survived');",
    expect: ["survived"],
    cost: "answer",
    calmAfterwards: true,
    atOnce: 20,
  },
  {
    name: "never-answers",
    code: "return new Promise(() => {});",
    expect: [WALL],
    cost: "answer",
    limits: { wallMs: 300 },
    calmAfterwards: true,
  },
  {
    name: "loop-after-answer",
    code: "Promise.resolve().then(() => setTimeout(() => { for (;;); }, 5)); return new Response('survived');",
    expect: ["survived"],
    cost: "isolate",
  },
  {
    name: "getter-loop",
    code: "return { get status() { for (;;); } };",
    expect: ["ERR_FUNCTION_RESPONSE", CPU],
    cost: "isolate",
  },
  {
    name: "thenable-loop",
    code: "return { then(resolve) { resolve({ then: this.then }); } };",
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "proxy-traps",
    code: "const p = new Proxy({}, { get() { for (;;); }, has() { for (;;); }, ownKeys() { for (;;); } }); return new Response(p);",
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "to-string-loop",
    code: "throw { toString() { for (;;); }, get stack() { for (;;); }, get message() { for (;;); } };",
    expect: [CPU, "ERR_FUNCTION_THREW"],
    cost: "isolate",
  },
  {
    name: "intl-abuse",
    code: "const keep = []; for (let i = 0; ; i++) keep.push(new Intl.DateTimeFormat('en-u-nu-arab', { dateStyle: 'full', timeZone: 'UTC' }).format(i), new Intl.Collator('de').compare('a', 'b'));",
    expect: [CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "isolate",
  },
  {
    name: "normalize-bomb",
    code: "for (;;) '\\ufdfa'.repeat(1e5).normalize('NFKD');",
    expect: [CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "isolate",
  },
  {
    name: "url-parser",
    code: "for (let i = 0; ; i++) new URL('http://h/' + 'a/../'.repeat(1e4) + '%41'.repeat(1e4) + i);",
    expect: [CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "isolate",
  },
  {
    name: "search-params-bomb",
    code: "const p = new URLSearchParams('a=1&'.repeat(2e5)); for (;;) { p.sort(); p.toString(); }",
    expect: [CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "isolate",
  },
  {
    name: "species",
    code: "class A extends Array { static get [Symbol.species]() { for (;;); } } A.from([1]).map((x) => x);",
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "iterator-without-end",
    code: "return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(0)); } }));",
    expect: [CPU, "ERR_LIMIT_BODY_IDLE_MS", "ERR_LIMIT_WALL_MS", "cut"],
    cost: "isolate",
  },
  {
    name: "array-from-length",
    code: "Array.from({ length: 2 ** 32 - 1 }, (_, i) => i);",
    expect: [CPU, "ERR_LIMIT_HEAP_MB"],
    cost: "process",
  },
  {
    name: "typed-array-sort",
    code: "for (;;) new Float64Array(1e6).map(Math.random).sort((a, b) => a - b);",
    expect: [CPU, "ERR_LIMIT_HEAP_MB", "ERR_FUNCTION_THREW"],
    cost: "isolate",
  },
];
