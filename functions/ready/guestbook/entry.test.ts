import assert from "node:assert/strict";
import { test } from "node:test";
import { entryOf } from "./entry.ts";

const form = (name: string, text: string) => new URLSearchParams({ name, text });

test("an entry is taken without what cannot be seen", () => {
  assert.deepEqual(entryOf(form(" Ada\n", "one\u0000 two\u202e three")), { name: "Ada", text: "one  two  three" });
  assert.deepEqual(entryOf(form("李", "<b>👩🏽‍🚀</b>")), { name: "李", text: "<b>👩🏽‍🚀</b>" });
});

for (const [what, given, says] of [
  ["nothing", new URLSearchParams(), /name and some words/],
  ["a name of spaces", form(" \t", "x"), /name and some words/],
  ["a long name", form("x".repeat(61), "x"), /at most 60/],
  ["a long text", form("x", "x".repeat(1_001)), /at most 1000/],
] as const) {
  test(`${what} is no entry`, () => assert.match(entryOf(given) as string, says));
}
