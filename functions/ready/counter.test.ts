import assert from "node:assert/strict";
import { test } from "node:test";
import { edgeRequest } from "../testing/edgeRequest.ts";
import counter from "./counter.ts";

test("without a database it says what its config lacks", async () => {
  const response = await counter.fetch(edgeRequest("/counter/visits"), {});
  assert.equal(response.status, 500);
  assert.match(await response.text(), /bindings\.DB to \{ sql: counter \}/);
});
