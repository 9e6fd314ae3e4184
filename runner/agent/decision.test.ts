import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CURRENT_SCHEMA, type Current } from "../release/types.ts";
import { backOffMs, decide, type Refusal, samePointer } from "./decision.ts";

const pointers = fc.record({
  schema: fc.constant(CURRENT_SCHEMA),
  signature: fc.constant(null),
  generation: fc.integer({ min: 1, max: 5 }),
  release: fc.integer({ min: 1, max: 3 }),
  sha256: fc.constantFrom("a", "b"),
});

function refusalOf(pointer: Current, retryAtMs: number): Refusal {
  return { pointer, code: "ERR_RELEASE_MISSING", reason: "", retryAtMs, attempts: 1 };
}

test("whatever the store shows, the generation that a node applies never goes back", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(pointers, fc.boolean())), (shown) => {
      let served: Current | null = null;
      for (const [pointer, whole] of shown) {
        const decision = decide({ served, whole, pointer, refusal: null, nowMs: 0 });
        if (decision !== "apply") continue;
        const isNewer: boolean = served === null || pointer.generation > served.generation;
        assert.ok(isNewer || (samePointer(pointer, served as Current) && !whole));
        served = pointer;
      }
    }),
  );
});

test("an older pointer, or another one of the same generation, is a replay", () => {
  const served = { schema: CURRENT_SCHEMA, signature: null, generation: 4, release: 2, sha256: "a" };
  const decisionOn = (change: Partial<Current>) =>
    decide({ served, whole: true, pointer: { ...served, ...change }, refusal: null, nowMs: 0 });
  assert.equal(decisionOn({}), "idle");
  assert.equal(decisionOn({ generation: 3 }), "replayed");
  assert.equal(decisionOn({ release: 1 }), "replayed");
  assert.equal(decisionOn({ sha256: "b" }), "replayed");
  assert.equal(decisionOn({ generation: 5, release: 1 }), "apply");
});

test("a refused pointer waits for its retry, another one does not", () => {
  const pointer = { schema: CURRENT_SCHEMA, signature: null, generation: 4, release: 2, sha256: "a" };
  const refusal = refusalOf(pointer, 100);
  const state = { served: null, whole: true, pointer, refusal };
  assert.equal(decide({ ...state, nowMs: 99 }), "idle");
  assert.equal(decide({ ...state, nowMs: 100 }), "apply");
  assert.equal(decide({ ...state, nowMs: 99, pointer: { ...pointer, generation: 5 } }), "apply");
  assert.equal(decide({ ...state, nowMs: 99, pointer: null }), "idle");
});

test("backing off doubles up to its ceiling", () => {
  const steps = [0, 1, 2, 3, 1_000].map((attempts) => backOffMs(attempts, { firstMs: 100, mostMs: 500 }));
  assert.deepEqual(steps, [100, 200, 400, 500, 500]);
});
