import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Pixels, shrink } from "./shrink.ts";

const image = (width: number, height: number, pixel: (x: number, y: number) => readonly number[]): Pixels => ({
  width,
  height,
  data: new Uint8ClampedArray(
    Array.from({ length: width * height }, (_, n) => pixel(n % width, Math.floor(n / width))).flat(),
  ),
});

test("each pixel is the mean of the area that it covers", () => {
  const board = image(4, 4, (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255, 255] : [0, 0, 0, 255]));
  assert.deepEqual([...shrink(board, 2).data], Array.from({ length: 4 }, () => [128, 128, 128, 255]).flat());
  const stripes = image(
    3,
    1,
    (x) =>
      [
        [0, 0, 0, 255],
        [90, 90, 90, 255],
        [240, 240, 240, 255],
      ][x] as number[],
  );
  assert.deepEqual([...shrink(stripes, 2).data], [30, 30, 30, 255, 190, 190, 190, 255]);
});

test("what cannot be seen gives no colour", () => {
  const half = image(2, 2, (x) => (x === 0 ? [255, 0, 0, 255] : [0, 255, 0, 0]));
  assert.deepEqual([...shrink(half, 1).data], [255, 0, 0, 128]);
  assert.deepEqual(
    [
      ...shrink(
        image(2, 2, () => [9, 9, 9, 0]),
        1,
      ).data,
    ],
    [0, 0, 0, 0],
  );
});

test("nothing is made larger", () => {
  const small = image(2, 2, () => [1, 2, 3, 255]);
  assert.equal(shrink(small, 3), small);
});

test("of one colour nothing but its size changes, whatever the sizes", () => {
  const size = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(size, size, size, (width, height, to) => {
      const small = shrink(
        image(width, height, () => [200, 100, 50, 255]),
        Math.min(to, width),
      );
      assert.equal(small.width, Math.min(to, width));
      assert.equal(small.data.length, small.width * small.height * 4);
      for (let at = 0; at < small.data.length; at += 4)
        assert.deepEqual([...small.data.subarray(at, at + 4)], [200, 100, 50, 255]);
    }),
  );
});
