import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import { InboundBody } from "./inboundBody.ts";

describe("a body from a worker", () => {
  it("is kept in few pieces, however small its parts are", async () => {
    const body = new InboundBody(() => {});
    for (let index = 0; index < WINDOW_BYTES / 16; index++) {
      body.push(Buffer.alloc(16, index));
      body.push(Buffer.alloc(0));
    }
    body.end();
    const chunks: Buffer[] = [];
    for await (const chunk of body.stream) chunks.push(chunk);
    assert.ok(chunks.length <= WINDOW_BYTES / 2_048, `${chunks.length} pieces`);
    const whole = Buffer.concat(chunks);
    assert.equal(whole.length, WINDOW_BYTES);
    for (let index = 0; index < WINDOW_BYTES; index++) assert.equal(whole[index], (index >> 4) & 255);
  });
});
