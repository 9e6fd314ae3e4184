import assert from "node:assert/strict";
import { it } from "node:test";
import { PartQueue } from "./partQueue.ts";

/** A chunk with a buffer of its own, as the HTTP parser gives it. */
const chunk = (size: number, value: number) => Buffer.from(new Uint8Array(size).fill(value).buffer);

it("a large chunk goes on as it is, and so does one alone", () => {
  const queue = new PartQueue();
  const [large, small] = [chunk(20_000, 1), chunk(5, 2)];
  queue.push(large);
  queue.push(small);
  assert.equal(queue.bytes, 20_005);
  assert.equal(queue.take(65_536), large);
  assert.equal(queue.take(65_536), small);
  assert.equal(queue.bytes, 0);
});

it("small chunks are put together, large ones are cut, and every byte comes once and in order", () => {
  const sizes = [1, 7, 65_536, 3, 16_384, 16_383, 40_000, 1, 1, 100_000];
  for (const bytesMax of [1_000, 16_384, 65_536]) {
    const queue = new PartQueue();
    sizes.forEach((size, index) => void queue.push(chunk(size, index)));
    const parts: Buffer[] = [];
    while (queue.bytes > 0) {
      const part = queue.take(bytesMax);
      assert.ok(part.length > 0 && part.length <= bytesMax);
      parts.push(Buffer.from(part));
    }
    const whole = Buffer.concat(sizes.map((size, index) => Buffer.alloc(size, index)));
    assert.ok(Buffer.concat(parts).equals(whole), `${bytesMax}`);
  }
});

it("gives the memory back of chunks that were copied, and of those that nobody wants", () => {
  const queue = new PartQueue();
  const chunks = [chunk(16_384, 1), chunk(20_000, 2), chunk(20_000, 3)];
  for (const one of chunks) queue.push(one);
  queue.take(10_000);
  queue.take(10_000);
  assert.deepEqual(
    chunks.map(({ buffer }) => buffer.byteLength),
    [0, 20_000, 20_000],
  );
  queue.clear();
  assert.deepEqual(
    chunks.map(({ buffer }) => buffer.byteLength),
    [0, 0, 0],
  );
  assert.equal(queue.bytes, 0);
});
