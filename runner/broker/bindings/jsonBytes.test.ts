import assert from "node:assert/strict";
import { it } from "node:test";
import { jsonBytes } from "./jsonBytes.ts";

const MB = 1024 * 1024;

it("counts texts, keys and what is nested, however deep", () => {
  assert.ok(jsonBytes("x".repeat(MB)) >= MB);
  assert.ok(jsonBytes({ ["k".repeat(MB)]: 1 }) >= MB);
  assert.ok(jsonBytes({ list: [["x".repeat(MB)], { a: "x".repeat(MB) }] }) >= 2 * MB);
  const deep = JSON.parse("[".repeat(200_000) + "]".repeat(200_000));
  assert.ok(jsonBytes(deep) >= 200_000 * 32);
  assert.ok(jsonBytes(Array.from({ length: 100_000 }, () => 1)) >= 100_000 * 8);
});

it("counts little for little", () => {
  for (const value of [undefined, null, 7, true, "key", {}, { key: "k", ttl: 60 }]) assert.ok(jsonBytes(value) < 256);
});
