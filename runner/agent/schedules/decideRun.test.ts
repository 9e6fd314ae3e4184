import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LEASE_SCHEMA, type Lease } from "../../release/leases.ts";
import { decideRun, LEASE_MS } from "./decideRun.ts";

const lease = (change: Partial<Lease>): Lease => ({
  ...{ schema: LEASE_SCHEMA, generation: 4, holder: "a", timeMs: 1_000, state: "over", attempt: 1, beat: 3 },
  ...change,
});

/** The newest time is 1,000, the next one 2,000. */
const ROWS: [what: string, lease: Lease | null, unchangedMs: number, expected: object][] = [
  ["notes a schedule that is new", null, 0, { act: "adopt" }],
  ["does nothing for a time that is over", lease({}), 0, { act: "nothing" }],
  ["runs a time that nobody has run", lease({ timeMs: 0 }), 0, { act: "run", attempt: 1 }],
  ["waits for whoever runs", lease({ state: "running" }), LEASE_MS - 1, { act: "wait" }],
  ["waits, too, while an older time runs", lease({ state: "running", timeMs: 0 }), 0, { act: "wait" }],
  ["runs once more what a dead node left", lease({ state: "running" }), LEASE_MS, { act: "run", attempt: 2 }],
  ["and no third time", lease({ state: "running", attempt: 2 }), LEASE_MS, { act: "close" }],
  [
    "runs the newest time when a dead node left an older one",
    lease({ state: "running", timeMs: 0, attempt: 2 }),
    LEASE_MS,
    { act: "run", attempt: 1 },
  ],
  ["lets a node whose clock is a little ahead have been first", lease({ timeMs: 2_000 }), 0, { act: "nothing" }],
  ["closes what such a node left when it died", lease({ timeMs: 2_000, state: "running" }), LEASE_MS, { act: "close" }],
  [
    "does not wait for a time that only a wrong clock can have seen",
    lease({ timeMs: 2_001 }),
    0,
    { act: "run", attempt: 1 },
  ],
];

describe("a node that finds a schedule due", () => {
  for (const [what, found, unchangedMs, expected] of ROWS) {
    it(what, () => assert.deepEqual(decideRun({ timeMs: 1_000, nextMs: 2_000, lease: found, unchangedMs }), expected));
  }
});
