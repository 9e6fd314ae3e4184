import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../runnerFixture.ts";
import { u32Bytes } from "../wasm/byteCursor.ts";
import { moduleOf, text } from "../wasm/wasmFixture.ts";

/** Exports `mem`, `grow(pages)`, `add(a, b)` and `outside()`, which reads past the memory. */
const GROWING = moduleOf(
  [1, [3, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f]],
  [3, [3, 0, 1, 2]],
  [5, [1, 0, 16]],
  [7, [4, ...text("mem"), 2, 0, ...text("grow"), 0, 0, ...text("add"), 0, 1, ...text("outside"), 0, 2]],
  [
    10,
    [
      3,
      ...[6, 0, 0x20, 0, 0x40, 0, 0x0b],
      ...[7, 0, 0x20, 0, 0x20, 1, 0x6a, 0x0b],
      ...[10, 0, 0x41, ...[0xff, 0xff, 0xff, 0x3f], 0x28, 2, 0, 0x0b],
    ],
  ],
);
/** Keeps its memory of 4 MB to itself. */
const HIDDEN = moduleOf([5, [1, 1, 64, 64]]);
/** Imports a memory and exports it. */
const IMPORTING = moduleOf([2, [1, ...text("e"), ...text("m"), 2, 0, 1]], [7, [1, ...text("m"), 2, 0]]);
/** Leaves a function of its own at place `i` of the table that it imports, then fails: its memory of 4 MB would not be seen. */
const FAILING_HEAD = [
  [1, [1, 0x60, 0, 0]],
  [2, [2, ...text("e"), ...text("t"), 1, 0x70, 0, 1, ...text("e"), ...text("i"), 3, 0x7f, 0]],
  [3, [1, 0]],
  [5, [1, 0, 64]],
] as const;
const LEAVES_FUNCTION = [9, [1, 0, 0x23, 0, 0x0b, 1, 0]] as const;
const UNREACHABLE = [10, [1, 3, 0, 0, 0x0b]] as const;
const FAILING_START = moduleOf(...FAILING_HEAD, [8, [0]], LEAVES_FUNCTION, UNREACHABLE);
const FAILING_DATA = moduleOf(...FAILING_HEAD, LEAVES_FUNCTION, UNREACHABLE, [
  11,
  [1, 0, 0x41, ...[0x80, 0x80, 0x80, 4], 0x0b, 1, 7],
]);
/** Never ends its start. */
const START_LOOP = moduleOf(
  [1, [1, 0x60, 0, 0]],
  [3, [1, 0]],
  [8, [0]],
  [10, [1, 7, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b]],
);

const IMPORTS = {
  "growing.wasm": { type: "wasm", bytes: GROWING },
  "hidden.wasm": { type: "wasm", bytes: HIDDEN },
  "importing.wasm": { type: "wasm", bytes: IMPORTING },
  "start.wasm": { type: "wasm", bytes: FAILING_START },
  "data.wasm": { type: "wasm", bytes: FAILING_DATA },
  "loop.wasm": { type: "wasm", bytes: START_LOOP },
  "note.txt": { type: "text", bytes: Buffer.from("Grüße") },
  "table.bin": { type: "data", bytes: Buffer.from([0, 255, 7]) },
} as const;

const EACH = Object.keys(IMPORTS)
  .map((name) => `const ${name.replace(".", "_")} = edgeModule$("${name}");`)
  .join(" ");
const LINE = 'import edgeModule$ from "edge:modules"; ';

/** Each is run as the body of a handler; the value is answered as JSON. */
const CASES: [title: string, code: string, expected: unknown][] = [
  [
    "text is a string, data an ArrayBuffer, WebAssembly a module",
    "return [note_txt, [...new Uint8Array(table_bin)], growing_wasm instanceof WebAssembly.Module, String(growing_wasm)];",
    ["Grüße", [0, 255, 7], true, "[object WebAssembly.Module]"],
  ],
  [
    "an instance has what its module exports, and nothing else",
    "const i = new WebAssembly.Instance(growing_wasm); return [Object.keys(i.exports), Object.isFrozen(i.exports), i.exports === i.exports, i.exports.add(2, 40), new WebAssembly.Instance(hidden_wasm).exports.mem === undefined, Object.keys(new WebAssembly.Instance(hidden_wasm).exports)];",
    [["mem", "grow", "add", "outside"], true, true, 42, true, []],
  ],
  [
    "a module tells its exports and imports",
    "const W = WebAssembly.Module; return [W.exports(growing_wasm).map((e) => e.name + ' ' + e.kind), W.exports(hidden_wasm), W.imports(importing_wasm), W.imports(hidden_wasm), W.imports(start_wasm).map((e) => e.name), W.customSections(hidden_wasm, 'x').length];",
    [
      ["mem memory", "grow function", "add function", "outside function"],
      [],
      [{ module: "e", name: "m", kind: "memory" }],
      [],
      ["t", "i"],
      0,
    ],
  ],
  [
    "instantiate gives an instance of a module",
    "const i = await WebAssembly.instantiate(growing_wasm); return [i instanceof WebAssembly.Instance, i.exports.add(1, 1)];",
    [true, 2],
  ],
  [
    "a trap is an error that can be caught",
    "const { exports } = new WebAssembly.Instance(growing_wasm); try { exports.outside(); } catch (e) { return [e instanceof WebAssembly.RuntimeError, e.name, exports.add(1, 2)]; }",
    [true, "RuntimeError", 3],
  ],
  [
    "imports are linked, or refused as V8 does",
    "const m = new WebAssembly.Memory({ initial: 1, maximum: 60000 }); const i = new WebAssembly.Instance(importing_wasm, { e: { m } }); const faults = []; for (const imports of [undefined, { e: {} }]) try { new WebAssembly.Instance(importing_wasm, imports); } catch (e) { faults.push(e.name); } return [i.exports.m === m, faults];",
    [true, ["TypeError", "LinkError"]],
  ],
  [
    "imports are read as V8 reads them, from what was given",
    `const t = new WebAssembly.Table({ element: "anyfunc", initial: 1 }); const seen = [];
    const e = new Proxy({ t, i: 0 }, { get: (target, name) => (seen.push(name), target[name]), has: () => seen.push("has"), ownKeys: () => seen.push("keys") });
    const given = { get e() { seen.push(this === given); return e; } };
    for (const imports of [given, undefined, null, 1, {}]) try { new WebAssembly.Instance(start_wasm, imports); } catch (x) { seen.push(x.name); }
    for (const imports of [undefined, {}, null, 1]) try { seen.push(typeof new WebAssembly.Instance(hidden_wasm, imports)); } catch (x) { seen.push(x.name); } return seen;`,
    [
      ...[true, "t", true, "i", "RuntimeError", "TypeError", "TypeError", "TypeError", "TypeError"],
      ...["object", "object", "TypeError", "TypeError"],
    ],
  ],
  [
    "a module leads to no other way to code, before the name WebAssembly was used neither",
    "const seen = [early === WebAssembly.Module]; try { new early(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); } catch (e) { seen.push(e.name); } return seen;",
    [true, "CompileError"],
  ],
  ...["start", "data"].map((module): [string, string, unknown] => [
    `an instance whose ${module} fails counts as long as anybody holds a function of it`,
    `const t = new WebAssembly.Table({ element: "anyfunc", initial: 8 }); const names = [];
    const fail = (i) => { try { new WebAssembly.Instance(${module}_wasm, { e: { t, i } }); } catch (e) { names.push(e.name + e.message.includes("heapMb")); } };
    for (let i = 0; i < 5; i++) fail(i); const left = [0, 1, 2, 3, 4].map((i) => typeof t.get(i)); t.set(0, null); t.set(1, null); t.set(2, null);
    await new Promise((r) => setTimeout(r, 0)); fail(5); return [names, left];`,
    [
      [...Array(4).fill("RuntimeErrorfalse"), "RangeErrortrue", "RuntimeErrorfalse"],
      [...Array(4).fill("function"), "object"],
    ],
  ]),
  [
    "code does not come from bytes at run time, whoever is asked",
    `const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]); const W = WebAssembly; const M = Object.getPrototypeOf(hidden_wasm).constructor; const seen = [];
    for (const run of [() => new W.Module(bytes), () => new M(bytes), () => Reflect.construct(W.Module, [bytes], Array), () => W.compile(bytes), () => W.instantiate(bytes.buffer), () => W.compileStreaming(new Response(bytes)), () => W.instantiateStreaming(new Response(bytes))])
      try { await run(); seen.push("ran"); } catch (e) { seen.push(e.name + (e instanceof W.CompileError)); }
    for (const run of [() => new W.Module(1), () => W.compile(), () => W.instantiate({}), () => W.validate("x")]) try { await run(); } catch (e) { seen.push(e.name); }
    return [seen, W.validate(bytes), W.validate(new Uint8Array([1])), W.validate(new Uint8Array(70_000))];`,
    [[...Array(7).fill("CompileErrortrue"), ...Array(4).fill("TypeError")], true, false, false],
  ],
  [
    "memories grow to the heap and no further, and say so",
    `const m = new WebAssembly.Memory({ initial: 1 }); const before = m.grow(100); let e; try { m.grow(200); } catch (x) { e = x; } const names = [];
    for (const t of [{ initial: 300 }, { initial: 5, maximum: 4 }, {}, { initial: -1 }, { initial: 1, maximum: 1, shared: true }, { initial: 1n, address: "i64" }, undefined]) try { new WebAssembly.Memory(t); names.push("made"); } catch (x) { names.push(x.name); }
    return [before, e.name, /heapMb: 18.8125 of 16/.test(e.message), m.buffer.byteLength / 65536, names, m.toResizableBuffer === undefined, typeof Object.getPrototypeOf(m).constructor.prototype.grow];`,
    [
      1,
      "RangeError",
      true,
      101,
      ["RangeError", "RangeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"],
      true,
      "function",
    ],
  ],
  [
    "memory that nobody holds is given back, however many instances come and go",
    "let n = 0; for (let i = 0; i < 20; i++) { for (let k = 0; k < 2; k++) { const { exports } = new WebAssembly.Instance(hidden_wasm); n++; } await new Promise((r) => setTimeout(r, 0)); } return n;",
    40,
  ],
  [
    "instances that are held are counted",
    "const held = []; try { for (;;) held.push(new WebAssembly.Instance(hidden_wasm)); } catch (e) { return [held.length <= 4 && held.length > 1, e.name, e.message.includes('heapMb')]; }",
    [true, "RangeError", true],
  ],
  [
    "tables stay within the heap",
    "const t = new WebAssembly.Table({ element: 'anyfunc', initial: 2 }); const names = []; for (const run of [() => t.grow(1e6), () => new WebAssembly.Table({ element: 'anyfunc', initial: 1e7 }), () => new WebAssembly.Table({ element: 'x', initial: 1 })]) try { run(); } catch (e) { names.push(e.name); } return [t.grow(3), t.length, t.get(0), names];",
    [2, 5, null, ["RangeError", "RangeError", "TypeError"]],
  ],
  [
    "globals, tags and exceptions are V8's",
    "const g = new WebAssembly.Global({ value: 'i32', mutable: true }, 5); g.value = 6; const tag = new WebAssembly.Tag({ parameters: ['i32'] }); const e = new WebAssembly.Exception(tag, [7]); return [g.value, e.is(tag), e.getArg(tag, 0), WebAssembly.JSTag instanceof WebAssembly.Tag, typeof WebAssembly.promising];",
    [6, true, 7, true, "undefined"],
  ],
  [
    "prototypes of the language do not lead to V8's own classes",
    `const seen = []; const P = Object.prototype; const trap = (target) => { seen.push(target); return undefined; };
    for (const name of ["get", "has", "ownKeys", "getOwnPropertyDescriptor", "apply", "getPrototypeOf"]) Object.defineProperty(P, name, { __proto__: null, value: trap, configurable: true, writable: true });
    try { WebAssembly.Memory.x; "x" in WebAssembly.Module; ArrayBuffer.x; Reflect.ownKeys(WebAssembly.Instance); } finally { for (const name of ["get", "has", "ownKeys", "getOwnPropertyDescriptor", "apply", "getPrototypeOf"]) delete P[name]; } return seen.length;`,
    0,
  ],
];

const CODE = `${LINE}${EACH}
const early = hidden_wasm.constructor;
const cases = [${CASES.map(([, code]) => `async () => { ${code} }`).join(",\n")}];
export default { async fetch(request) {
  const url = new URL(request.url);
  if (url.pathname === "/loop") new WebAssembly.Instance(loop_wasm);
  if (url.pathname === "/grow") { globalThis.held = [1, 2, 3, 4].map(() => new WebAssembly.Instance(growing_wasm).exports); for (const e of globalThis.held) e.grow(200); return new Response("grown"); }
  if (url.pathname === "/once") { new WebAssembly.Instance(growing_wasm).exports.grow(150); return new Response("grown"); }
  if (url.pathname === "/calm") return new Response("calm " + (globalThis.held === undefined));
  return Response.json((await cases[url.searchParams.get("case")]()) ?? null);
} };`;

describe("WebAssembly and other modules of a function", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const limits = { heapMb: 16, cpuMs: 5_000 };
    await runner.deploy({
      site: { code: CODE, imports: IMPORTS, routes: ["/case"], limits },
      frugal: { code: CODE, imports: IMPORTS, routes: ["/once"], limits },
      broken: { code: CODE, imports: IMPORTS, routes: ["/loop", "/grow", "/calm"], limits: { heapMb: 16, cpuMs: 300 } },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  for (const [index, [title, , expected]] of CASES.entries()) {
    it(title, async () => {
      const { status, body } = await runner.fetch(`/case?case=${index}`);
      assert.equal(status, 200, body);
      assert.deepEqual(JSON.parse(body), expected);
    });
  }

  it("counts the heap limit that a memory met, though the function caught the error", async () => {
    await until(
      "counted",
      async () => (await runner.metrics()).sum("edge_runner_limits_fired_total", { limit: "heapMb" }) > 0,
    );
  });

  it("a start function that never ends is ended by its CPU time", async () => {
    const { status, body } = await runner.fetch("/loop");
    assert.deepEqual([status, JSON.parse(body).error.limit], [503, "cpuMs"]);
  });

  it("memories that grew by themselves above the heap cost the isolate, and no process", async () => {
    await until("an isolate is ended", async () => {
      await runner.fetch("/grow");
      await runner.fetch("/calm");
      return (await runner.metrics()).sum("edge_runner_isolate_exits_total", { function: "broken", cause: "heap" }) > 0;
    });
    assert.equal((await runner.metrics()).sum("edge_runner_process_deaths_total"), 0);
  });

  it("what nobody holds any more does not count, however much it had grown", async () => {
    for (let n = 0; n < 5; n++) {
      const { status, body } = await runner.fetch("/once");
      assert.equal(status, 200, body);
      // Memories are looked at twice a second.
      await new Promise((resolve) => setTimeout(resolve, 600));
    }
    const ended = { function: "frugal", cause: "heap" };
    assert.equal((await runner.metrics()).sum("edge_runner_isolate_exits_total", ended), 0);
  });

  it("refuses a release whose WebAssembly cannot run, with the module and the reason", async () => {
    for (const [bytes, reason] of [
      [moduleOf([5, [1, 0, ...u32Bytes(2_000)]]), /a\.wasm cannot run.*begins with 125 MB.*heapMb is 16/],
      [moduleOf([10, [9]]), /CompileError/],
      [Buffer.from("<html>"), /a\.wasm cannot run: it is no WebAssembly module/],
    ] as const) {
      const imports = { "a.wasm": { type: "wasm", bytes } } as const;
      const code = `${LINE}const a = edgeModule$("a.wasm"); export default () => new Response("x");`;
      const { status, body } = await runner.activate(
        runner.writeRelease({ site: { code, imports, routes: ["/x"], limits: { heapMb: 16 } } }),
      );
      assert.equal(status, 422);
      assert.match(JSON.parse(body).reason, reason);
    }
  });

  it("runs a bundle with such modules in its compiled form", async () => {
    const code = `${LINE}// functions/a.ts\nvar note = edgeModule$("note.txt");\nvar a_default = { fetch: () => new Response(note) };\nexport {\n  a_default as default\n};\n`;
    await runner.deploy({ compiled: { code, imports: { "note.txt": IMPORTS["note.txt"] }, routes: ["/compiled"] } });
    await until(
      "compiled",
      async () => (await runner.metrics()).sum("edge_runner_code_caches_total", { outcome: "made" }) > 0,
    );
    assert.equal((await runner.fetch("/compiled")).body, "Grüße");
  });
});
