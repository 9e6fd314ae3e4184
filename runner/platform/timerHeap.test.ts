import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Timer, TimerHeap } from "./timerHeap.ts";

function timer(id: number, dueMs: number): Timer {
  return { id, call: 1, run: () => {}, everyMs: undefined, dueMs, cleared: false };
}

describe("timer heap", () => {
  it("gives timers in the order in which they are due, whatever is set, cleared and taken meanwhile", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), due: fc.nat(50) }),
      fc.record({ kind: fc.constant("clear" as const), which: fc.nat(500) }),
      fc.record({ kind: fc.constant("take" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const heap = new TimerHeap();
        const model: Timer[] = [];
        let lastId = 0;
        for (const one of steps) {
          if (one.kind === "add") {
            const added = timer(++lastId, one.due);
            heap.add(added);
            model.push(added);
            model.sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
          } else if (one.kind === "clear") {
            const [cleared] = model.splice(one.which % Math.max(1, model.length), 1);
            if (cleared !== undefined) heap.clear(cleared);
          } else {
            assert.equal(heap.takeFirst()?.id, model.shift()?.id);
          }
          assert.equal(heap.size, model.length);
          assert.equal(heap.first?.id, model[0]?.id);
        }
      }),
    );
  });
});
