import assert from "node:assert/strict";
import { test } from "node:test";
import iconv from "iconv-lite";
import { encodingIndex, isEncodingIndex } from "./encodingIndexes.ts";
import type { EncodingIndex } from "./hostPort.ts";

/** Another library's tables: its name of an encoding, and each pointer's bytes as the Encoding Standard's encoder writes them. */
const OTHERS: Readonly<Record<EncodingIndex, { name: string; size: number; bytes(pointer: number): number[] }>> = {
  big5: {
    name: "big5hkscs",
    size: 19_782,
    bytes: (p) => [Math.floor(p / 157) + 0x81, (p % 157) + (p % 157 < 0x3f ? 0x40 : 0x62)],
  },
  "euc-kr": { name: "euc-kr", size: 23_940, bytes: (p) => [Math.floor(p / 190) + 0x81, (p % 190) + 0x41] },
  gb18030: {
    name: "gb18030",
    size: 23_940,
    bytes: (p) => [Math.floor(p / 190) + 0x81, (p % 190) + (p % 190 < 0x3f ? 0x40 : 0x41)],
  },
  jis0208: {
    name: "shift_jis",
    size: 11_280,
    bytes: (p) => [
      Math.floor(p / 188) + (Math.floor(p / 188) < 0x1f ? 0x81 : 0xc1),
      (p % 188) + (p % 188 < 0x3f ? 0x40 : 0x41),
    ],
  },
  jis0212: { name: "euc-jp", size: 8_836, bytes: (p) => [0x8f, Math.floor(p / 94) + 0xa1, (p % 94) + 0xa1] },
};

/** GB 18030-2022 gave these characters of their own, which the other library still has as private ones. */
const MOVED_IN_2022: Readonly<Record<number, number>> = Object.fromEntries([
  ...[0xfe10, 0xfe12, 0xfe11, 0xfe13, 0xfe14, 0xfe15, 0xfe16].map((point, more) => [7_182 + more, point]),
  ...[0xfe17, 0xfe18].map((point, more) => [7_201 + more, point]),
  [7_208, 0xfe19],
  ...[23_775, 23_783, 23_788, 23_789, 23_795, 23_812, 23_829, 23_845].map((pointer, more) => [pointer, 0x9fb4 + more]),
]);

for (const [name, { name: other, size, bytes }] of Object.entries(OTHERS)) {
  test(`each pointer of ${name} has the code point that another library gives it`, () => {
    const words = new Uint16Array(encodingIndex(name as EncodingIndex));
    let known = 0;
    for (let pointer = 0; pointer < size; pointer++) {
      const isPlane2 = ((words[size + (pointer >> 4)] as number) >> (pointer & 15)) & 1;
      const point = (words[pointer] as number) + isPlane2 * 0x20000;
      const text = iconv.decode(Buffer.from(bytes(pointer)), other);
      const characters = [...text];
      const isOne = characters.length === 1 && text !== "\ufffd" && !(name === "jis0208" && isPrivate(text));
      const expected = isOne ? characters[0]?.codePointAt(0) : 0;
      assert.equal(point, (name === "gb18030" && MOVED_IN_2022[pointer]) || expected, `pointer ${pointer}`);
      if (point !== 0) known++;
    }
    assert.ok(known > 6_000);
  });
}

/** Shift_JIS has private characters by arithmetic, no index has them. */
function isPrivate(text: string): boolean {
  return text >= "\ue000" && text <= "\uf8ff";
}

test("the ranges of gb18030 are those of the standard: 206 of them, whose ends another library has as well", () => {
  const words = new Uint16Array(encodingIndex("gb18030"));
  const ranges = words.subarray(23_940 + Math.ceil(23_940 / 16));
  assert.equal(ranges.length, 2 * 206);
  assert.deepEqual([...ranges.subarray(0, 4)], [0, 0x80, 36, 0xa5]);
  assert.deepEqual([...ranges.subarray(-4)], [39_265, 0xff5f, 39_394, 0xffe6]);
  for (let at = 0; at < ranges.length; at += 2) {
    const pointer = ranges[at] as number;
    const bytes = [0x81 + Math.floor(pointer / 12_600), 0x30 + (Math.floor(pointer / 1_260) % 10)];
    bytes.push(0x81 + (Math.floor(pointer / 10) % 126), 0x30 + (pointer % 10));
    assert.equal(iconv.decode(Buffer.from(bytes), "gb18030").codePointAt(0), ranges[at + 1], `pointer ${pointer}`);
  }
});

test("an index is made once, and there are no others", () => {
  assert.equal(encodingIndex("big5"), encodingIndex("big5"));
  for (const name of ["gbk", "toString", "", undefined, 1]) assert.equal(isEncodingIndex(name), false);
  assert.equal(isEncodingIndex("jis0208"), true);
});
