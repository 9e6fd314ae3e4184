import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { encodeFrame, FrameDecoder, ProtocolError } from "./codec.ts";
import { KIND_CODES } from "./messages.ts";

/** Builds a frame byte by byte, apart from the encoder. */
function rawFrame({ code, id, json, body = "" }: { code: number; id: number; json: string; body?: string }): Buffer {
  const rest = Buffer.concat([Buffer.from([code]), u32(id), u32(Buffer.byteLength(json)), Buffer.from(json + body)]);
  return Buffer.concat([u32(rest.length), rest]);
}

function u32(value: number): Buffer {
  return Buffer.from([(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]);
}

describe("frame codec", () => {
  it("writes the layout that its description gives", () => {
    const encoded = Buffer.concat(encodeFrame("probed", 7, { ok: true }, Buffer.from("xyz")));
    assert.deepEqual(encoded, rawFrame({ code: KIND_CODES.probed, id: 7, json: '{"ok":true}', body: "xyz" }));
  });

  it("reads the same frames however the bytes are cut", () => {
    const frame = fc.record({ id: fc.nat(0xffffffff), text: fc.string(), body: fc.uint8Array({ maxLength: 300 }) });
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40 })),
        (list, cuts) => {
          const bytes = Buffer.concat(
            list.flatMap(({ id, text, body }) => encodeFrame("retiring", id, { key: 1, reason: text }, body)),
          );
          const decoder = new FrameDecoder();
          const seen = [];
          let at = 0;
          for (const cut of [...cuts, bytes.length]) {
            seen.push(...decoder.push(bytes.subarray(at, at + cut)));
            at = Math.min(bytes.length, at + cut);
          }
          assert.deepEqual(
            seen.map(({ id, meta, body }) => ({ id, meta, body: Buffer.from(body) })),
            list.map(({ id, text, body }) => ({ id, meta: { key: 1, reason: text }, body: Buffer.from(body) })),
          );
        },
      ),
    );
  });

  it("gives nothing for a frame cut at its start, middle and last byte", () => {
    const bytes = Buffer.concat(encodeFrame("unload", 1, null));
    for (const cut of [1, 4, 8, bytes.length - 1]) {
      assert.deepEqual(new FrameDecoder().push(bytes.subarray(0, cut)), []);
    }
  });

  it("refuses a length over the ceiling before it has the bytes", () => {
    assert.throws(() => new FrameDecoder(100).push(u32(101)), ProtocolError);
  });

  it("refuses a length too small for a head", () => {
    assert.throws(() => new FrameDecoder().push(u32(3)), /frame length of 3/);
  });

  it("refuses an unknown kind, a head longer than its frame and a head that is not JSON", () => {
    assert.throws(
      () => new FrameDecoder().push(rawFrame({ code: 250, id: 1, json: "null" })),
      /unknown frame kind 250/,
    );
    const lying = rawFrame({ code: KIND_CODES.unload, id: 1, json: "null" });
    lying.writeUInt32BE(5_000, 9);
    assert.throws(() => new FrameDecoder().push(lying), /claims 5000 bytes/);
    assert.throws(() => new FrameDecoder().push(rawFrame({ code: KIND_CODES.unload, id: 1, json: "{" })), /not JSON/);
  });
});
