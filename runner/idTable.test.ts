import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { IdTable } from "./idTable.ts";

describe("a table by number", () => {
  it("has what a Map has, whatever comes and goes", () => {
    // Few numbers in a few places: they get in each other's way.
    const id = fc.oneof(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 10 }).map((place) => place * 16 + 15),
      fc.integer({ min: 0xffff_fff0, max: 0xffff_ffff }),
    );
    const step = fc.record({ id, isGone: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new IdTable<string>();
        const map = new Map<number, string>();
        for (const [at, { id, isGone }] of steps.entries()) {
          if (isGone) {
            assert.equal(table.delete(id), map.delete(id));
          } else {
            table.set(id, `${at}`);
            map.set(id, `${at}`);
          }
          assert.equal(table.size, map.size);
          assert.equal(table.get(id), map.get(id));
        }
        for (const { id } of steps) {
          assert.equal(table.get(id), map.get(id));
          assert.equal(table.has(id), map.has(id));
        }
        const inOrder = [...map].sort(([a], [b]) => a - b).map(([, value]) => value);
        assert.deepEqual(table.values(), inOrder);
      }),
    );
  });

  it("knows no 0: whoever asks for it, asks for nothing", () => {
    const table = new IdTable<string>();
    table.set(16, "a");
    assert.equal(table.get(0), undefined);
    assert.equal(table.delete(0), false);
    assert.equal(table.size, 1);
  });

  it("is empty when it was cleared", () => {
    const table = new IdTable<number>();
    for (let id = 1; id <= 100; id++) table.set(id, id);
    table.clear();
    assert.deepEqual([table.size, table.values(), table.get(1)], [0, [], undefined]);
  });
});
