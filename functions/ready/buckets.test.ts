import assert from "node:assert/strict";
import { test } from "node:test";
import { context, edgeRequest } from "../testing/edgeRequest.ts";
import buckets, { shareOf } from "./buckets.ts";

test("keys have their shares, whatever they look like", () => {
  for (const name of [(n: number) => `photos/${n}.jpg`, (n: number) => `${n}`, (n: number) => "x".repeat(n)]) {
    const shares = Array.from({ length: 2_000 }, (_, n) => shareOf(name(n)));
    assert.ok(shares.every((share) => share >= 0 && share < 100));
    for (const percent of [10, 50, 90]) {
      const moved = shares.filter((share) => share < percent).length / 20;
      assert.ok(Math.abs(moved - percent) < 5, `${moved} % of the keys moved at ${percent} %`);
    }
  }
});

test("a key's share never changes", () => {
  assert.equal(shareOf("photos/1.jpg").toFixed(6), "11.153951");
});

const ENV = { OLD: "https://old.example.com", NEW: "https://new.example.com", PERCENT: "10" };
for (const [what, env, says] of [
  ["the old bucket", { ...ENV, OLD: "" }, /env\.OLD/],
  ["the new bucket", { ...ENV, NEW: "no URL" }, /env\.NEW/],
  ["half of a credential", { ...ENV, NEW_KEY: "x" }, /secrets\.NEW_KEY_ID and secrets\.NEW_KEY/],
  ["the percentage", { ...ENV, PERCENT: " " }, /from 0 to 100/],
  ["a percentage of more than all", { ...ENV, PERCENT: "101" }, /from 0 to 100/],
] as const) {
  test(`without ${what} it says what its config lacks`, async () => {
    const response = await buckets.fetch(edgeRequest("/buckets/x"), env, context);
    assert.equal(response.status, 500);
    assert.match(await response.text(), says);
  });
}
