import assert from "node:assert/strict";
import { it } from "node:test";
import { ago } from "./times.ts";

it("tells how long ago something was, in its largest unit", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  for (const [at, told] of [
    ["2026-11-22T12:00:00.500Z", "just now"],
    ["2026-11-22T11:59:59Z", "1 second ago"],
    ["2026-11-22T11:57:01Z", "2 minutes ago"],
    ["2026-11-22T10:30:00Z", "1 hour ago"],
    ["2026-11-12T12:00:00Z", "10 days ago"],
  ] as const) {
    assert.equal(ago(at, now), told);
  }
});
