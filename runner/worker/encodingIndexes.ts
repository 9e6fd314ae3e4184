import { createMultibyteDecoder } from "@exodus/bytes/multi-byte.js";
import type { EncodingIndex } from "./hostPort.ts";

interface Source {
  /** An encoding that shows all of the index. */
  readonly encoding: string;
  /** Pointers that the index has room for. */
  readonly size: number;
  /** The bytes of a pointer. */
  bytes(pointer: number): readonly number[];
}

const SOURCES: Readonly<Record<EncodingIndex, Source>> = {
  big5: { encoding: "big5", size: 19_782, bytes: (pointer) => doubleByte(pointer, 157, 0x62) },
  "euc-kr": {
    encoding: "euc-kr",
    size: 23_940,
    bytes: (pointer) => [0x81 + row(pointer, 190), 0x41 + (pointer % 190)],
  },
  gb18030: { encoding: "gb18030", size: 23_940, bytes: (pointer) => doubleByte(pointer, 190, 0x41) },
  jis0208: {
    encoding: "shift_jis",
    size: 11_280,
    bytes: (pointer) => {
      const [lead, trail] = doubleByte(pointer, 188, 0x41) as [number, number];
      return [lead < 0xa0 ? lead : lead + 0x40, trail];
    },
  },
  jis0212: {
    encoding: "euc-jp",
    size: 8_836,
    bytes: (pointer) => [0x8f, 0xa1 + row(pointer, 94), 0xa1 + (pointer % 94)],
  },
};

const made = new Map<EncodingIndex, ArrayBuffer>();

export function isEncodingIndex(name: unknown): name is EncodingIndex {
  return typeof name === "string" && Object.hasOwn(SOURCES, name);
}

/**
 * An index of the Encoding Standard: the lower 16 bits of each pointer's code point, 0 for a pointer that has none. A code point
 * of plane 2 has its bit in the words behind that, least significant bit first; behind those of gb18030 are its ranges, pairs of
 * a pointer and a code point. It is made once in a process, in some milliseconds: the decoder of the package is given all pointers.
 */
export function encodingIndex(name: EncodingIndex): ArrayBuffer {
  const known = made.get(name);
  if (known !== undefined) return known;
  const points = codePoints(SOURCES[name]);
  const planes = new Uint16Array(Math.ceil(points.length / 16));
  points.forEach((point, pointer) => {
    if (point > 0xffff) planes[pointer >> 4] = (planes[pointer >> 4] as number) | (1 << (pointer & 15));
  });
  const words = Uint16Array.from([...points, ...planes, ...(name === "gb18030" ? gb18030Ranges(points) : [])]);
  made.set(name, words.buffer);
  return words.buffer;
}

/** All code points of an index, by what its decoder makes of all pointers in one text. */
function codePoints({ encoding, size, bytes }: Source): Uint32Array {
  const points = new Uint32Array(size);
  const input = Array.from({ length: size }, (_, pointer) => bytes(pointer));
  const text = createMultibyteDecoder(encoding, true)(Uint8Array.from(input.flat()));
  for (let pointer = 0, at = 0; pointer < size; pointer++) {
    // Two characters, which no index has: the decoder knows them by their pointers.
    if (encoding === "big5" && BIG5_PAIRS.includes(pointer)) {
      at += 2;
      continue;
    }
    const point = text.codePointAt(at) as number;
    at += point > 0xffff ? 2 : 1;
    // An ASCII byte behind what is none stands for itself.
    if (point === 0xfffd) at += (input[pointer]?.at(-1) as number) < 0x80 ? 1 : 0;
    else if (encoding !== "shift_jis" || point < 0xe000 || point > 0xf8ff) points[pointer] = point;
  }
  return points;
}

const BIG5_PAIRS: readonly number[] = [1_133, 1_135, 1_164, 1_166];

/** Code points that GB 18030 has moved since its ranges were drawn: where they are now, where they were, how many follow each other. */
const MOVED = [
  [0xfe10, 0xe78d, 10],
  [0x9fb4, 0xe81e, 1],
  [0x9fb5, 0xe826, 1],
  [0x9fb6, 0xe82b, 2],
  [0x9fb8, 0xe832, 1],
  [0x9fb9, 0xe843, 1],
  [0x9fba, 0xe854, 1],
  [0x9fbb, 0xe864, 1],
  [0x1e3f, 0xe7c7, 1],
] as const;

/** What a second ideographic space was then. */
const IDEOGRAPHIC_SPACE_BEFORE = 0xe5e5;

/** Of the characters with four bytes: those of the first plane that two bytes did not have, in their order. */
function gb18030Ranges(points: Uint32Array): number[] {
  const hasTwoBytes = new Set(points).add(IDEOGRAPHIC_SPACE_BEFORE);
  for (const [now, before, count] of MOVED) {
    for (let more = 0; more < count; more++) {
      hasTwoBytes.delete(now + more);
      hasTwoBytes.add(before + more);
    }
  }
  const ranges: number[] = [];
  for (let point = 0x80, pointer = 0, last = 0; point < 0x10000; point++) {
    if (hasTwoBytes.has(point) || (point >= 0xd800 && point < 0xe000)) continue;
    if (point !== last + 1) ranges.push(pointer, point);
    last = point;
    pointer++;
  }
  return ranges;
}

function doubleByte(pointer: number, perRow: number, upper: number): [number, number] {
  const column = pointer % perRow;
  return [0x81 + row(pointer, perRow), column + (column < 0x3f ? 0x40 : upper)];
}

function row(pointer: number, perRow: number): number {
  return Math.floor(pointer / perRow);
}
