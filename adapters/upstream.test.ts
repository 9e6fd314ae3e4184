import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedBytes, boundedText } from "./upstream.ts";

test("gives a body up to its bound, and reads no further", async () => {
  assert.equal(await boundedText(new Response("äöü"), 6), "äöü");
  assert.equal(await boundedText(new Response("äöü"), 5), undefined);
  assert.deepEqual(await boundedBytes(new Response(null), 0), new Uint8Array());
  let pulled = 0;
  let isCancelled = false;
  const endless = new ReadableStream({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(1_000));
    },
    cancel() {
      isCancelled = true;
    },
  });
  assert.equal(await boundedBytes(new Response(endless), 2_500), undefined);
  assert.ok(pulled < 6 && isCancelled);
});
