import assert from "node:assert/strict";
import { test } from "node:test";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import { ANSWER_FLAGS, TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import { ANSWER, CANCEL_NOW, running } from "./runtimeFixture.ts";

test("what was given to waitUntil has 30 s after the answer, then it is ended and said", async (t) => {
  const { seen, entries, says } = await running(t);
  says(TO_HOST.answer, 0, ANSWER);
  t.mock.timers.tick(29_999);
  assert.deepEqual([seen.ended, seen.lines.length], [0, 0]);
  t.mock.timers.tick(1);
  assert.equal(seen.ended, 1);
  assert.deepEqual(entries.at(-1), CANCEL_NOW);
  assert.match(seen.lines[0]?.text ?? "", /waitUntil were dropped after 30000 ms/);
  says(TO_HOST.done);
  assert.equal(seen.ended, 1);
});

test("it has 30 s after its client has gone, and its end before that is the request's", async (t) => {
  const { runtime, seen, entries, says } = await running(t);
  runtime.cancel(1);
  assert.deepEqual(entries.at(-1), [TO_ISOLATE.cancel, 1, 0]);
  t.mock.timers.tick(29_999);
  says(TO_HOST.done);
  assert.equal(seen.ended, 1);
  t.mock.timers.tick(60_000);
  assert.deepEqual([seen.ended, seen.lines.length], [1, 0]);
});

test("limits that fire when the client has gone are counted: told by the isolate, at its end, by the loss of the isolate", async (t) => {
  const { runtime, seen, says, lost } = await running(t);
  runtime.cancel(1);
  says(TO_HOST.limit, 51, "subRequests");
  t.mock.timers.tick(30_000);
  assert.equal(seen.ended, 1);
  says(TO_HOST.limitFired, 1_001, "timers");
  lost(1_200);
  assert.deepEqual(
    seen.limits.map(({ limit, used }) => [limit, used]),
    [
      ["subRequests", 51],
      ["timers", 1_001],
      ["cpuMs", 1_200],
    ],
  );
  assert.deepEqual(seen.failures, []);
});

test("a stream that goes over its credit fails, and its request is ended at once", async (t) => {
  const { seen, entries, says } = await running(t);
  says(TO_HOST.answer, ANSWER_FLAGS.streams, ANSWER);
  says(TO_HOST.part, 0, "", new ArrayBuffer(WINDOW_BYTES));
  assert.deepEqual(seen.failures, []);
  says(TO_HOST.part, 0, "", new ArrayBuffer(1));
  assert.deepEqual(seen.failures, [{ code: "ERR_FUNCTION_RESPONSE", detail: "The stream went over its credit." }]);
  assert.equal(seen.ended, 1);
  assert.deepEqual(entries.at(-1), CANCEL_NOW);
});
