import assert from "node:assert/strict";
import { it } from "node:test";
import type { Frame, Kind, Messages } from "../protocol/messages.ts";
import { isBelievable } from "./believable.ts";

const IDS = { key: 1, requestId: "r-1", traceparent: "" };
const LINE = { ...IDS, level: "info", text: "hello" } as const;
const LIMIT = { ...IDS, limit: "cpuMs", value: 100, used: 101 } as const;
const STATS = { isolates: 1, spare: 2, rssBytes: 1e8, heapPeaks: [[1, 1e6]] } as const;

function judge<K extends Kind>(kind: K, meta: unknown): boolean {
  return isBelievable({ kind, id: 0, meta: meta as Messages[K], body: Buffer.alloc(0) } as unknown as Frame);
}

it("believes what our own code sends", () => {
  assert.ok(judge("log", LINE));
  assert.ok(judge("limit", LIMIT));
  assert.ok(judge("isolateStarted", { key: 1, after: null }));
  assert.ok(judge("isolateStarted", { key: 1, after: "idle" }));
  assert.ok(judge("isolateEnded", { key: 1, exit: "cpu" }));
  assert.ok(judge("over", { key: 1, cpuMs: 0.5, cold: false }));
  assert.ok(judge("answer", { head: { status: 200, headers: [] } }));
  assert.ok(judge("stats", STATS));
  assert.ok(judge("failed", { code: "ERR_FUNCTION_THREW" }));
  assert.ok(judge("failed", { code: "ERR_LIMIT_CPU_MS", limit: "cpuMs", value: 100, used: 101, retryAfterSeconds: 1 }));
  assert.ok(judge("begun", [1, 2]));
  assert.ok(judge("effect", null));
});

it("does not believe names that are in no list, figures that are none, and texts without end", () => {
  assert.ok(!judge("log", { ...LINE, level: "loud" }));
  assert.ok(!judge("log", { ...LINE, text: "x".repeat(70_000) }));
  assert.ok(!judge("log", { ...LINE, requestId: "x".repeat(200) }));
  assert.ok(!judge("limit", { ...LIMIT, limit: "toString" }));
  assert.ok(!judge("limit", { ...LIMIT, used: "101" }));
  assert.ok(!judge("begun", null));
  assert.ok(!judge("begun", ["1"]));
  assert.ok(!judge("isolateStarted", { key: 1, after: "because" }));
  assert.ok(!judge("isolateEnded", { key: 1, exit: "x".repeat(1_000) }));
  assert.ok(!judge("over", { key: 1, cpuMs: null, cold: false }));
  assert.ok(!judge("over", { key: 1, cpuMs: -1, cold: false }));
  assert.ok(!judge("answer", { head: { status: 200, headers: [] }, cost: { key: 1, cpuMs: "1" } }));
  assert.ok(!judge("stats", { ...STATS, rssBytes: "1e8" }));
  assert.ok(!judge("stats", { ...STATS, heapPeaks: [[1]].concat([["a", 1]] as never) }));
  assert.ok(!judge("stats", { ...STATS, heapPeaks: {} }));
  assert.ok(!judge("failed", { code: "toString" }));
  assert.ok(!judge("failed", { code: "ERR_LIMIT_CPU_MS", limit: "valueOf", value: 1, used: 1 }));
  assert.ok(!judge("failed", { code: "ERR_LIMIT_CPU_MS", limit: "cpuMs", value: 1, used: null }));
  assert.ok(!judge("failed", { code: "ERR_FUNCTION_RESPONSE", detail: 5 }));
  assert.ok(!judge("failed", { code: "ERR_METHOD_NOT_ALLOWED", allow: 5 }));
  assert.ok(!judge("log", null));
  assert.ok(!judge("stats", 7));
});
