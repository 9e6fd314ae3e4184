import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeRequest } from "../testing/edgeRequest.ts";
import abTest from "./ab-test.ts";

const ENV = { UPSTREAM: "https://app.example.com", EXPERIMENT: "checkout" };

for (const [what, env, says] of [
  ["an upstream", { ...ENV, UPSTREAM: "" }, /env\.UPSTREAM/],
  ["an experiment", { ...ENV, EXPERIMENT: "" }, /env\.EXPERIMENT/],
  ["a name that fits into a cookie", { ...ENV, EXPERIMENT: "a; b" }, /env\.EXPERIMENT/],
  ["a store", ENV, /bindings\.EXPERIMENTS to \{ kv: experiments \}/],
] as const) {
  test(`without ${what} it says what its config lacks`, async () => {
    const response = await abTest.fetch(edgeRequest("/checkout/"), env);
    assert.equal(response.status, 500);
    assert.match(await response.text(), says);
  });
}

test("its schedule fails without a source", async () => {
  const event = { type: "scheduled", cron: "* * * * *", scheduledTime: 0, scope: "node", fencing: 1 } as const;
  await assert.rejects(abTest.scheduled(event, ENV), /env\.SOURCE/);
});
