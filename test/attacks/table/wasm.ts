import { u32Bytes } from "../../../runner/wasm/byteCursor.ts";
import { moduleOf, text } from "../../../runner/wasm/wasmFixture.ts";
import type { Attack } from "../attack.ts";

const HEAP = "ERR_LIMIT_HEAP_MB";
const CPU = "ERR_LIMIT_CPU_MS";

const END = 0x0b;
const LOOP = [0x03, 0x40, 0x0c, 0, END];
const body = (code: readonly number[]) => [u32Bytes(code.length + 2), 0, code, END].flat();

/** Its memory of one page has no maximum; `grow(pages)`. */
const GROWING = moduleOf(
  [1, [1, 0x60, 1, 0x7f, 1, 0x7f]],
  [3, [1, 0]],
  [5, [1, 0, 1]],
  [7, [2, ...text("mem"), 2, 0, ...text("grow"), 0, 0]],
  [10, [1, ...body([0x20, 0, 0x40, 0])]],
);
/** Its table has no maximum; `grow(entries)`. */
const TABLE = moduleOf(
  [1, [1, 0x60, 1, 0x7f, 1, 0x7f]],
  [3, [1, 0]],
  [4, [1, 0x70, 0, 0]],
  [7, [1, ...text("grow"), 0, 0]],
  [10, [1, ...body([0xd0, 0x70, 0x20, 0, 0xfc, 0x0f, 0])]],
);
/** Forty memories without a page: V8 keeps 8 GB of addresses for each. */
const MEMORIES = moduleOf([5, [40, ...Array.from({ length: 40 }, () => [0, 0]).flat()]]);
const TABLES = moduleOf([4, [40, ...Array.from({ length: 40 }, () => [0x70, 0, 0]).flat()]]);
/**
 * Instances that fail, each with memory of 1 MB that grows by 16 MB, or 16 MB at once that its data lie outside of. A function of
 * each is left at place `i` of the table that it imports and keeps it alive.
 */
const FAILING = [
  [1, [1, 0x60, 0, 0]],
  [2, [2, ...text("e"), ...text("t"), 1, 0x70, 0, 1, ...text("e"), ...text("i"), 3, 0x7f, 0]],
  [3, [1, 0]],
] as const;
const LEAVES_FUNCTION = [9, [1, 0, 0x23, 0, END, 1, 0]] as const;
const FAILING_START = moduleOf(...FAILING, [5, [1, 0, 16]], [8, [0]], LEAVES_FUNCTION, [
  10,
  [1, ...body([0x41, ...[0x80, 2], 0x40, 0, 0x1a, 0x41, 0, 0x41, 1, 0x41, ...[0x80, 0x80, 0xc0, 8], 0xfc, 11, 0, 0])],
]);
const FAILING_DATA = moduleOf(
  ...FAILING,
  [5, [1, 0, ...u32Bytes(256)]],
  LEAVES_FUNCTION,
  [10, [1, ...body([])]],
  [11, [1, 0, 0x41, ...[0x80, 0x80, 0x80, 0x10], END, 1, 7]],
);
const FAILING_BARE = moduleOf(...FAILING, [8, [0]], LEAVES_FUNCTION, [10, [1, ...body([0])]]);
const START_LOOP = moduleOf([1, [1, 0x60, 0, 0]], [3, [1, 0]], [8, [0]], [10, [1, ...body(LOOP)]]);
const BUSY = moduleOf([1, [1, 0x60, 0, 0]], [3, [1, 0]], [7, [1, ...text("run"), 0, 0]], [10, [1, ...body(LOOP)]]);

/** One function of megabytes, `run(x)`: V8 compiles it in the background once it is called often. */
function giant(): Uint8Array {
  const step = [0x20, 0, 0x41, 1, 0x6a, 0x21, 0];
  const code = Array.from({ length: 300_000 }, () => step).flat();
  return moduleOf(
    [1, [1, 0x60, 1, 0x7f, 1, 0x7f]],
    [3, [1, 0]],
    [7, [1, ...text("run"), 0, 0]],
    [10, [1, body([code, [0x20, 0]].flat())].flat()],
  );
}

/** A hundred thousand functions. */
function crowd(): Uint8Array {
  const count = 100_000;
  const one = body([0x41, 7]);
  return moduleOf(
    [1, [1, 0x60, 0, 1, 0x7f]],
    [3, [u32Bytes(count), new Array<number>(count).fill(0)].flat()],
    [7, [1, ...text("run"), 0, 0]],
    [10, [u32Bytes(count), ...Array.from({ length: count }, () => one)].flat()],
  );
}

const wasm = (bytes: Uint8Array) => ({ "a.wasm": { type: "wasm", bytes } }) as const;
const TOP = 'const module = edgeModule$("a.wasm"); const held = [];';

/** Against 64 MB of heap. */
export const WASM_ATTACKS: readonly Attack[] = [
  {
    name: "wasm-grows-itself",
    imports: wasm(GROWING),
    top: TOP,
    code: `const { grow, mem } = new WebAssembly.Instance(module).exports; while (grow(16) !== -1); new Uint8Array(mem.buffer).fill(1);
      return new Response((mem.buffer.byteLength <= 64 * 1024 * 1024 ? "blocked " : "allocated ") + mem.buffer.byteLength);`,
    expect: ["blocked", HEAP, CPU],
    cost: "isolate",
    limits: { cpuMs: 2_000 },
  },
  {
    name: "wasm-instances-held",
    imports: wasm(GROWING),
    top: TOP,
    code: `try { for (;;) held.push(new WebAssembly.Instance(module)); } catch (error) { return new Response("blocked " + error.name + held.length); }`,
    expect: ["blocked", HEAP],
    cost: "answer",
    calmAfterwards: true,
  },
  {
    name: "wasm-instances-grow",
    imports: wasm(GROWING),
    top: TOP,
    code: `for (let i = 0; i < 90; i++) { const { grow, mem } = new WebAssembly.Instance(module).exports; held.push(mem); while (grow(16) !== -1); new Uint8Array(mem.buffer).fill(1); }
      return new Response("allocated");`,
    expect: ["allocated", HEAP, CPU, "ERR_WORKER_LOST", "ERR_FUNCTION_THREW"],
    cost: "isolate",
    limits: { cpuMs: 5_000, wallMs: 20_000 },
  },
  ...Object.entries({ start: FAILING_START, data: FAILING_DATA }).map(
    ([what, bytes]): Attack => ({
      name: `wasm-instances-failing-by-${what}`,
      imports: wasm(bytes),
      top: TOP,
      code: `const t = new WebAssembly.Table({ element: "anyfunc", initial: 1_000 }); held.push(t);
      for (let i = 0; i < 1_000; i++) try { new WebAssembly.Instance(module, { e: { t, i } }); } catch (error) { if (!(error instanceof WebAssembly.RuntimeError)) return new Response("blocked " + i + error); }
      return new Response("allocated");`,
      expect: ["blocked", HEAP],
      cost: "isolate",
      limits: { cpuMs: 2_000 },
    }),
  ),
  {
    name: "wasm-instances-failing-without-memory",
    imports: wasm(FAILING_BARE),
    top: TOP,
    code: `const t = new WebAssembly.Table({ element: "anyfunc", initial: 500_000 }); held.push(t);
      for (let i = 0; i < 500_000; i++) try { new WebAssembly.Instance(module, { e: { t, i } }); } catch (error) { if (!(error instanceof WebAssembly.RuntimeError)) throw error; }
      return new Response("allocated");`,
    expect: [CPU, HEAP],
    cost: "isolate",
    limits: { cpuMs: 1_500 },
  },
  {
    name: "wasm-instances-churn",
    imports: wasm(GROWING),
    top: TOP,
    code: `for (;;) { new WebAssembly.Instance(module).exports.grow(160); await null; }`,
    expect: [CPU, HEAP, "ERR_FUNCTION_THREW"],
    cost: "isolate",
  },
  {
    name: "wasm-memories-held",
    code: `try { for (;;) held.push(new WebAssembly.Memory({ initial: 0 })); } catch (error) { return new Response("blocked " + error.name + held.length); }`,
    top: "const held = [];",
    expect: ["blocked"],
    cost: "answer",
    calmAfterwards: true,
  },
  ...Object.entries({ memories: MEMORIES, tables: TABLES }).map(
    ([what, bytes]): Attack => ({
      name: `wasm-${what}-of-instances`,
      imports: wasm(bytes),
      top: TOP,
      code: `try { for (;;) held.push(new WebAssembly.Instance(module)); } catch (error) { return new Response((held.length === 2 ? "blocked " : "allocated ") + held.length + error); }`,
      expect: ["blocked"],
      cost: "answer",
      calmAfterwards: true,
    }),
  ),
  {
    name: "wasm-table-grows",
    imports: wasm(TABLE),
    top: TOP,
    code: `const { grow } = new WebAssembly.Instance(module).exports; let n = 0; while (grow(65536) !== -1) n++; return new Response("blocked " + n);`,
    expect: ["blocked", HEAP],
    cost: "isolate",
  },
  {
    name: "wasm-start-loop",
    imports: wasm(START_LOOP),
    top: TOP,
    code: "new WebAssembly.Instance(module);",
    expect: [CPU],
    cost: "isolate",
  },
  {
    name: "wasm-busy-loop",
    imports: wasm(BUSY),
    top: TOP,
    code: "new WebAssembly.Instance(module).exports.run();",
    expect: [CPU],
    cost: "isolate",
    atOnce: 4,
  },
  {
    name: "wasm-giant-function",
    imports: wasm(giant()),
    top: TOP,
    code: `const { run } = new WebAssembly.Instance(module).exports; let x = 0; for (let i = 0; i < 5_000; i++) x = run(x); return new Response("survived " + x);`,
    expect: ["survived", CPU, HEAP],
    cost: "process",
  },
  {
    name: "wasm-function-crowd",
    imports: wasm(crowd()),
    top: TOP,
    code: `for (let i = 0; i < 200; i++) new WebAssembly.Instance(module).exports.run(); return new Response("survived");`,
    expect: ["survived", CPU, HEAP, "ERR_FUNCTION_THREW"],
    cost: "process",
  },
  {
    name: "wasm-validation",
    code: `const bytes = new Uint8Array(60_000_000); for (let i = 0; i < 1e6; i++) WebAssembly.validate(bytes); return new Response("blocked");`,
    expect: ["blocked", CPU, HEAP],
    cost: "isolate",
  },
];
