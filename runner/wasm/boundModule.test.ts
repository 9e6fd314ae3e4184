import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { boundModule } from "./boundModule.ts";
import { u32Bytes } from "./byteCursor.ts";
import { MEMORY_IMPORTS, TABLE_ENTRIES_PER_MB, TABLE_EXPORT, WASM_OBJECTS_MAX } from "./rules.ts";
import { WasmError } from "./types.ts";
import { moduleOf, text } from "./wasmFixture.ts";

const HEAP_MB = 8;
const PAGES = HEAP_MB * 16;
const GROW_BODY = [0x00, 0x20, 0x00, 0x40, 0x00, 0x0b];
/** Exports `mem` and `grow(pages)`. */
const growing = (limits: number[]) =>
  moduleOf(
    [1, [1, 0x60, 1, 0x7f, 1, 0x7f]],
    [3, [1, 0]],
    [5, [1, ...limits]],
    [7, [2, ...text("mem"), 2, 0, ...text("grow"), 0, 0]],
    [10, [1, GROW_BODY.length, ...GROW_BODY]],
  );

/** An instance with the memories that the platform would make for it. */
function instanceOf(bytes: Uint8Array, imports: WebAssembly.Imports = {}): WebAssembly.Instance {
  const module = new WebAssembly.Module(boundModule(bytes, HEAP_MB));
  return new WebAssembly.Instance(module, { ...imports, [MEMORY_IMPORTS]: memoriesFor(module) });
}

function memoriesFor(module: WebAssembly.Module): Record<string, WebAssembly.Memory> {
  const own = WebAssembly.Module.imports(module).filter((entry) => entry.module === MEMORY_IMPORTS);
  return Object.fromEntries(
    own.map(({ name }) => {
      const [, initial = 0, maximum = 0] = name.split(":").map(Number);
      return [name, new WebAssembly.Memory({ initial, maximum })];
    }),
  );
}

/** What a module imports from the platform. */
function memoriesOf(bytes: Uint8Array): string[] {
  const module = new WebAssembly.Module(boundModule(bytes, HEAP_MB));
  return WebAssembly.Module.imports(module).map(({ module: from, name, kind }) => `${from} ${name} ${kind}`);
}

function refuses(bytes: Uint8Array, message: RegExp): void {
  assert.throws(
    () => boundModule(bytes, HEAP_MB),
    (error) => error instanceof WasmError && message.test(error.message),
  );
}

describe("a bounded WebAssembly module", () => {
  for (const [what, limits] of [
    ["none", [0, 1]],
    ["more than the heap", [1, 1, ...u32Bytes(60_000)]],
  ] as const) {
    it(`grows to the heap and no further when its memory's own maximum is ${what}`, () => {
      const { exports } = instanceOf(growing([...limits]));
      const grow = exports.grow as (pages: number) => number;
      assert.equal(grow(PAGES - 1), 1);
      assert.equal(grow(1), -1);
      assert.equal((exports.mem as WebAssembly.Memory).buffer.byteLength, HEAP_MB * 1024 * 1024);
    });
  }

  it("keeps a maximum that is less than the heap", () => {
    const grow = instanceOf(growing([1, 1, 3])).exports.grow as (pages: number) => number;
    assert.deepEqual([grow(2), grow(1)], [1, -1]);
  });

  it("imports each memory that it declares, after its own imports, at the number that it had", () => {
    const own = [2, [1, ...text("m"), ...text("mem"), 2, 0, 1]] as const;
    const bytes = moduleOf(own, [5, [2, 0, 2, 1, 3, 4]], [7, [2, ...text("b"), 2, 2, ...text("a"), 2, 1]], [11, [0]]);
    const { a, b } = instanceOf(bytes, { m: { mem: new WebAssembly.Memory({ initial: 1 }) } }).exports;
    assert.deepEqual([a.buffer.byteLength / 65_536, b.buffer.byteLength / 65_536], [2, 3]);
    assert.deepEqual(memoriesOf(bytes), [
      "m mem memory",
      `${MEMORY_IMPORTS} 0:2:${PAGES} memory`,
      `${MEMORY_IMPORTS} 1:3:4 memory`,
    ]);
  });

  it("imports it where it had no imports, whatever stands before and behind, and fills it with its data", () => {
    const note = [0, [...text("note"), 1]] as const;
    const data = [11, [1, 0, 0x41, 5, 0x0b, 2, 7, 8]] as const;
    for (const sections of [
      [note, [5, [1, 0, 1]] as const, note, [7, [1, ...text("mem"), 2, 0]] as const, note, data],
      [[1, [1, 0x60, 0, 0]] as const, note, [5, [1, 0, 1]] as const, [7, [1, ...text("mem"), 2, 0]] as const, data],
    ]) {
      const { mem } = instanceOf(moduleOf(...sections)).exports;
      assert.deepEqual([...new Uint8Array(mem.buffer, 4, 4)], [0, 7, 8, 0]);
    }
  });

  it("is invalid still where it was", () => {
    const invalid = [
      moduleOf([5, [1, 1, 3, 2]]),
      moduleOf([11, [1, 0, 0x41, 0, 0x0b, 0]]),
      moduleOf([5, [1, 0, 1]], [7, [1, ...text("mem"), 2, 1]]),
    ];
    for (const bytes of invalid) {
      assert.throws(() => new WebAssembly.Module(boundModule(bytes, HEAP_MB)), WebAssembly.CompileError);
    }
    refuses(moduleOf([5, [1, 0, 1]], [5, [1, 0, 1]]), /section 5 is not where it belongs/);
    refuses(moduleOf([5, [1, 0, 1]], [2, [0]]), /section 2 is not where it belongs/);
  });

  it("shows each table that it declares, too, whatever it imports and exports itself", () => {
    const imports = [2, [1, ...text("m"), ...text("t"), 1, 0x70, 0, 1]] as const;
    const bytes = moduleOf(imports, [4, [2, 0x70, 0, 2, 0x6f, 0, 3]], [5, [1, 0, 1]], [7, [1, ...text("own"), 1, 1]]);
    const { exports } = instanceOf(bytes, { m: { t: new WebAssembly.Table({ element: "anyfunc", initial: 1 }) } });
    assert.deepEqual(Object.keys(exports), ["own", `${TABLE_EXPORT}0`, `${TABLE_EXPORT}1`]);
    assert.equal(exports[`${TABLE_EXPORT}0`], exports.own);
    assert.equal((exports[`${TABLE_EXPORT}1`] as WebAssembly.Table).length, 3);
  });

  it("declares no more memories and tables than can be alive with an instance", () => {
    const declaring = (memories: number) =>
      moduleOf(
        [4, [1, 0x70, 0, 0]],
        [5, [...u32Bytes(memories), ...Array.from({ length: memories }, () => [0, 0]).flat()]],
      );
    assert.equal(memoriesOf(declaring(WASM_OBJECTS_MAX - 2)).length, WASM_OBJECTS_MAX - 2);
    refuses(declaring(WASM_OBJECTS_MAX - 1), /are 101 with their instance, the most is 100; build it with fewer/);
    refuses(declaring(15_000), /are 15002 with their instance/);
  });

  it("is bounded in the same way each time", () => {
    const bytes = moduleOf([5, [1, 0, 1]]);
    assert.deepEqual(boundModule(bytes, HEAP_MB), boundModule(bytes, HEAP_MB));
  });

  it("has tables within the heap, also those with a first value", () => {
    const bytes = moduleOf(
      [4, [2, 0x70, 0, 1, 0x40, 0, 0x6f, 0, 1, 0xd0, 0x6f, 0x0b]],
      [7, [2, ...text("a"), 1, 0, ...text("b"), 1, 1]],
    );
    const { a, b } = instanceOf(bytes).exports as Record<string, WebAssembly.Table>;
    for (const table of [a, b]) {
      assert.equal(table?.grow(HEAP_MB * TABLE_ENTRIES_PER_MB - 1), 1);
      assert.throws(() => table?.grow(1), RangeError);
    }
  });

  it("is the same module otherwise", () => {
    const bytes = moduleOf([0, [...text("note"), 1, 2, 3]], [2, [1, ...text("m"), ...text("g"), 3, 0x7f, 0]]);
    assert.deepEqual([...boundModule(bytes, HEAP_MB)], [...bytes]);
  });

  it("is refused with a reason where it cannot run", () => {
    refuses(new TextEncoder().encode("<html>"), /is no WebAssembly module/);
    refuses(growing([0, ...u32Bytes(PAGES + 1)]), /begins with 9 MB, the function's heapMb is 8/);
    refuses(growing([3, 1, 1]), /shared.*no threads/);
    refuses(growing([4, 1]), /64-bit.*wasm32/);
    refuses(growing([8, 1]), /flag 8/);
    refuses(moduleOf([4, [1, 0x70, 0, ...u32Bytes(1e6)]]), /a table of it has 1000000 entries/);
    refuses(moduleOf([2, [1, ...text("edge:memories"), ...text("0:1:1"), 2, 0, 1]]), /that name is the runner's/);
    refuses(moduleOf([7, [1, ...text("edge:table:0"), 2, 0]]), /that name is the runner's/);
    refuses(moduleOf([2, [1, ...text("a"), ...text("b"), 9]]), /kind 9/);
  });

  it("is refused, and nothing worse, when cut or bent anywhere", () => {
    const whole = growing([1, 1, 3]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.boolean(), (at, byte, cuts) => {
        const bytes = cuts ? whole.slice(0, at) : whole.with(at, byte);
        try {
          boundModule(bytes, HEAP_MB);
        } catch (error) {
          assert.ok(error instanceof WasmError, `${error}`);
        }
      }),
    );
  });
});
