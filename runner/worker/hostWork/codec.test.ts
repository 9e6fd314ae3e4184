import assert from "node:assert/strict";
import { it } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";
import { Codec, codecBytes } from "./codec.ts";

const brotli = { mode: "decompress", format: "brotli" } as const;

it("the window of a Brotli stream is known from its first byte", () => {
  for (let bits = 10; bits <= 24; bits++) {
    const packed = brotliCompressSync("text", { params: { [constants.BROTLI_PARAM_LGWIN]: bits } });
    const { log2 } = Math;
    assert.equal(
      Math.round(log2(codecBytes(brotli, packed) - codecBytes({ ...brotli, format: "gzip" }, packed))),
      bits,
    );
  }
  assert.ok(codecBytes(brotli, Buffer.alloc(0)) > 2 ** 24);
  assert.ok(codecBytes(brotli, Buffer.of(0x11)) > 2 ** 24);
});

it("a window that is larger than the format has is refused", async () => {
  const codec = new Codec("decompress", "brotli");
  const params = { [constants.BROTLI_PARAM_LARGE_WINDOW]: 1, [constants.BROTLI_PARAM_LGWIN]: 28 };
  await assert.rejects(codec.step(brotliCompressSync("text", { params }), true));
  codec.close();
});

it("gives no more in a step than a step may, however much there is", async () => {
  const codec = new Codec("decompress", "brotli");
  let input: Buffer | undefined = brotliCompressSync(Buffer.alloc(1_000_000));
  let bytes = 0;
  for (let isOver = false; !isOver; input = undefined) {
    const { output, ended } = await codec.step(input, true);
    assert.ok(output.length <= 65_536);
    bytes += output.length;
    isOver = ended;
  }
  assert.equal(bytes, 1_000_000);
  codec.close();
});
