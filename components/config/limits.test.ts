import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS, LIMIT_NAMES, LIMITS } from "@edge-fleet/runner/limits";
import { faults, legalConfig, problemsOf, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

function limitsOf(change: Record<string, unknown>) {
  const [api] = parseFleetConfig({ ...legalConfig(), ...change }, TEST_CONTEXT).functions;
  assert.ok(api);
  return api.limits;
}

test("a function gets what it declares, else the fleet's default, else the table's", () => {
  const limits = limitsOf({
    limits: { wallMs: { default: 2_000 }, heapMb: { default: 64, ceiling: 96 } },
    functions: { api: { limits: { heapMb: 80 } } },
  });
  assert.deepEqual(limits, { ...DEFAULT_LIMITS, wallMs: 2_000, heapMb: 80 });
});

test("a ceiling below the table's default lowers the default too", () => {
  assert.equal(limitsOf({ limits: { cpuMs: { ceiling: 200 } } }).cpuMs, 200);
});

test("a function above the fleet's ceiling is refused with key, value and remedy", () => {
  const raw = {
    ...legalConfig(),
    limits: { heapMb: { ceiling: 64 } },
    functions: { api: { limits: { heapMb: 128 } } },
  };
  assert.deepEqual(problemsOf(raw), [
    {
      key: "edge-fleet:functions.api.limits.heapMb",
      value: 128,
      problem: "is above the fleet's ceiling of 64",
      remedy: "Use 64 or less, or raise edge-fleet:limits.heapMb.ceiling (at most 128).",
    },
  ]);
});

test("a fleet's default is within its ceiling, and both within the table", () => {
  assert.deepEqual(
    faults((raw) => {
      raw.limits = { wallMs: { default: 9_000, ceiling: 8_000 }, timers: { ceiling: 10_001 }, heap: {}, cpuMs: 5 };
    }),
    [
      "limits.cpuMs: is not a map of keys",
      "limits.heap: is not a known key",
      "limits.timers.ceiling: is above the ceiling of 10000",
      "limits.wallMs.default: is above edge-fleet:limits.wallMs.ceiling, which is 8000",
    ],
  );
});

test("every limit can be set for the fleet and for a function, to its floor and to its ceiling", () => {
  for (const name of LIMIT_NAMES) {
    const { floor, ceiling } = LIMITS[name];
    for (const value of [floor, ceiling]) {
      assert.equal(limitsOf({ limits: { [name]: { default: value } } })[name], value);
      assert.equal(limitsOf({ functions: { api: { limits: { [name]: value } } } })[name], value);
    }
  }
});
