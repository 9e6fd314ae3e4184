import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ByteReader } from "./byteReader.ts";
import { coalesced } from "./coalesced.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** Gives chunks, each after so many turns of the microtask queue; then its end, or a failure. */
function sourceOf(chunks: readonly { readonly size: number; readonly turns: number }[], failure?: Error): ByteReader {
  let index = 0;
  return {
    async read() {
      const chunk = chunks[index++];
      if (chunk === undefined && failure !== undefined) throw failure;
      if (chunk === undefined) return undefined;
      for (let turn = 0; turn < chunk.turns; turn++) await undefined;
      return new Uint8Array(chunk.size).fill(index);
    },
    cancel() {},
  };
}

async function sizesOf(reader: ByteReader): Promise<number[]> {
  const sizes: number[] = [];
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) sizes.push(chunk.length);
  return sizes;
}

describe("chunks that are put together", () => {
  it("are at least 16 KB where the source has more at hand, and no larger than they must be", async () => {
    const small = Array.from({ length: 1_000 }, () => ({ size: 100, turns: 3 }));
    const sizes = await sizesOf(coalesced(sourceOf(small)));
    assert.deepEqual(sizes, [16_400, 16_400, 16_400, 16_400, 16_400, 16_400, 1_600]);
    assert.deepEqual(await sizesOf(coalesced(sourceOf([{ size: 200_000, turns: 0 }]))), [200_000]);
  });

  it("hold the same bytes in the same order, however they come", async () => {
    const chunk = fc.record({ size: fc.nat(40_000), turns: fc.nat(200) });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 20 }), async (chunks) => {
        const reader = coalesced(sourceOf(chunks));
        const read: number[] = [];
        for (let part = await reader.read(); part !== undefined; part = await reader.read()) read.push(...part);
        assert.deepEqual(
          read,
          chunks.flatMap(({ size }, index) => Array<number>(size).fill(index + 1)),
        );
        assert.equal(await reader.read(), undefined);
      }),
      { numRuns: 30 },
    );
  });

  it("do not wait for what takes longer than an entry", async () => {
    const late = Promise.withResolvers<Chunk | undefined>();
    const given = [Promise.resolve(new Uint8Array(3)), late.promise, Promise.resolve(undefined)];
    const reader = coalesced({ read: () => given.shift() as Promise<Chunk | undefined>, cancel() {} });
    assert.equal((await reader.read())?.length, 3);
    late.resolve(new Uint8Array(5));
    assert.equal((await reader.read())?.length, 5);
    assert.equal(await reader.read(), undefined);
  });

  it("come before the failure of their source", async () => {
    const reader = coalesced(sourceOf([{ size: 2, turns: 0 }], new Error("the source broke")));
    assert.equal((await reader.read())?.length, 2);
    await assert.rejects(async () => reader.read(), /the source broke/);
  });
});
