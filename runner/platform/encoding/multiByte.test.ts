import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createMultibyteDecoder } from "@exodus/bytes/multi-byte.js";
import { encodingIndex } from "../../worker/encodingIndexes.ts";
import type { EncodingIndex } from "../../worker/hostPort.ts";
import { type Host, installHost } from "../host.ts";
import { MultiByteDecoder } from "./multiByte.ts";

const ENCODINGS = ["gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis", "euc-kr"];
/** Bytes that begin, end or change something in one of the encodings. */
const TELLING = [
  0x00, 0x0e, 0x1b, 0x20, 0x21, 0x24, 0x28, 0x30, 0x39, 0x40, 0x41, 0x42, 0x49, 0x4a, 0x5c, 0x7e, 0x7f, 0x80, 0x81,
  0x8e, 0x8f, 0x9f, 0xa0, 0xa1, 0xb0, 0xdf, 0xe0, 0xfc, 0xfd, 0xfe, 0xff,
];

/** The same numbers in each run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

describe("the decoders of East Asian encodings", () => {
  before(() => {
    installHost({
      encodingIndex: (_call: number, name: string) => encodingIndex(name as EncodingIndex),
    } as unknown as Host);
  });

  for (const encoding of ENCODINGS) {
    const other = (bytes: Uint8Array) => createMultibyteDecoder(encoding, true)(bytes);
    const ours = (bytes: Uint8Array) => new MultiByteDecoder(encoding, false).decode(bytes, true);

    it(`${encoding}: every pair of bytes, with what comes behind it, is what another decoder makes of it`, () => {
      const prefixes = encoding === "iso-2022-jp" ? [[0x1b, 0x24, 0x42], [0x1b, 0x28, 0x4a], []] : [[], [0x8f]];
      for (const prefix of prefixes) {
        for (let lead = 0; lead < 256; lead++) {
          const bytes: number[] = [];
          for (let trail = 0; trail < 256; trail++) bytes.push(...prefix, lead, trail, 0x41);
          const input = Uint8Array.from(bytes);
          assert.equal(ours(input), other(input), `${prefix} ${lead}`);
        }
      }
    });

    it(`${encoding}: whatever the bytes are, cut anywhere, is what another decoder makes of the whole`, () => {
      const random = numbers(encoding.length);
      const next = () => random.next().value as number;
      for (let round = 0; round < 2_000; round++) {
        const input = Uint8Array.from({ length: 12 }, () => TELLING[next() % TELLING.length] as number);
        const expected = other(input);
        for (let cut = 0; cut <= input.length; cut++) {
          const decoder = new MultiByteDecoder(encoding, false);
          const text = decoder.decode(input.subarray(0, cut), false) + decoder.decode(input.subarray(cut), true);
          assert.equal(text, expected, `${[...input]} cut at ${cut}`);
        }
        const fatal = new MultiByteDecoder(encoding, true);
        if (expected.includes("\ufffd")) assert.throws(() => fatal.decode(input, true), TypeError);
        else assert.equal(fatal.decode(input, true), expected);
      }
    });
  }

  it("gb18030: all of four bytes that have a character, and those that have none", () => {
    const bytes = (pointer: number) => {
      const lead = [0x81 + Math.floor(pointer / 12_600), 0x30 + (Math.floor(pointer / 1_260) % 10)];
      return Uint8Array.of(...lead, 0x81 + (Math.floor(pointer / 10) % 126), 0x30 + (pointer % 10));
    };
    const decode = (pointer: number) => new MultiByteDecoder("gb18030", false).decode(bytes(pointer), true);
    const other = createMultibyteDecoder("gb18030", true);
    for (let pointer = 0; pointer < 39_420; pointer++)
      assert.equal(decode(pointer), other(bytes(pointer)), `${pointer}`);
    assert.equal(decode(7_457), "\ue7c7");
    for (const pointer of [39_420, 100_000, 188_999, 1_237_576]) assert.equal(decode(pointer), "\ufffd");
    assert.equal(decode(189_000), "\u{10000}");
    assert.equal(decode(1_237_575), "\u{10ffff}");
  });

  it("after an error that is told it begins anew", () => {
    const decoder = new MultiByteDecoder("shift_jis", true);
    assert.equal(decoder.decode(Uint8Array.of(0x82), false), "");
    assert.throws(() => decoder.decode(Uint8Array.of(0xff), false), TypeError);
    assert.equal(decoder.decode(Uint8Array.of(0x82, 0xa0), true), "あ");
  });
});
