import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../limits.ts";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import { TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import { ANSWER, CANCEL_NOW, running } from "./runtimeFixture.ts";

const { responseBodyBytes } = DEFAULT_LIMITS;
/** Three bytes each in UTF-8. */
const wide = (bytes: number) => "\u20ac".repeat(Math.ceil(bytes / 3));

for (const [kind, made] of [
  ["bytes", (bytes: number) => new ArrayBuffer(bytes)],
  ["text", wide],
] as const) {
  test(`an isolate is not believed about the size of an answer: ${kind}`, async (t) => {
    const large = await running(t);
    large.says(TO_HOST.answer, 0, ANSWER, made(responseBodyBytes + 1));
    assert.deepEqual([large.seen.failures[0]?.limit, large.entries.at(-1)], ["responseBodyBytes", CANCEL_NOW]);
    t.mock.timers.reset();
    const whole = await running(t);
    whole.says(TO_HOST.answer, 0, ANSWER, made(WINDOW_BYTES + 1));
    assert.deepEqual([whole.seen.failures[0]?.code, whole.entries.at(-1)], ["ERR_FUNCTION_RESPONSE", CANCEL_NOW]);
  });

  test(`an isolate is not believed about the size of what it sends out: ${kind}`, async (t) => {
    const { says, entries } = await running(t);
    const head = JSON.stringify({ url: "http://a.example/", method: "POST", headers: [], redirect: "follow" });
    says(TO_HOST.fetch, 7, head, made(WINDOW_BYTES + 1));
    assert.deepEqual(entries.at(-1), [TO_ISOLATE.fetchFailed, 1, 7]);
  });
}
