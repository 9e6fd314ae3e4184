import { encodingIndex } from "./index.ts";
import { END, type Step } from "./multiByte.ts";

const SIZE = 23_940;
/** Where the ranges begin: behind the index and a bit for each of its pointers. */
const RANGES_AT = SIZE + Math.ceil(SIZE / 16);
/** Pointers of four bytes: the last of the first plane, and those of all others. */
const PLANE_0_LAST = 39_419;
const OTHERS = { first: 189_000, last: 1_237_575 };

/** The decoder of GBK and of GB 18030. */
export function newGb18030(): Step {
  const index = encodingIndex("gb18030");
  let first = 0;
  let second = 0;
  let third = 0;

  const ofFour = (pointer: number): number => {
    if (pointer >= OTHERS.first && pointer <= OTHERS.last) return 0x10000 + pointer - OTHERS.first;
    if (pointer > PLANE_0_LAST) return 0;
    if (pointer === 7_457) return 0xe7c7;
    let [low, high] = [RANGES_AT, index.length];
    while (high - low > 2) {
      const middle = low + ((high - low) >> 2) * 2;
      if ((index[middle] as number) <= pointer) low = middle;
      else high = middle;
    }
    return (index[low + 1] as number) + pointer - (index[low] as number);
  };

  return (byte, sink) => {
    if (byte === END) {
      const isCut = first !== 0;
      first = second = third = 0;
      if (isCut) sink.malformed();
    } else if (third !== 0) {
      const bytes = [first, second, third] as const;
      first = second = third = 0;
      if (byte < 0x30 || byte > 0x39) {
        sink.again(byte);
        sink.again(bytes[2]);
        sink.again(bytes[1]);
        return sink.malformed();
      }
      const point = ofFour(((bytes[0] - 0x81) * 10 + bytes[1] - 0x30) * 1_260 + (bytes[2] - 0x81) * 10 + byte - 0x30);
      if (point === 0) sink.malformed();
      else sink.emit(point);
    } else if (second !== 0) {
      if (byte > 0x80 && byte < 0xff) {
        third = byte;
        return;
      }
      sink.again(byte);
      sink.again(second);
      first = second = 0;
      sink.malformed();
    } else if (first !== 0) {
      if (byte >= 0x30 && byte <= 0x39) {
        second = byte;
        return;
      }
      const lead = first;
      first = 0;
      if (byte > 0x3f && byte !== 0x7f && byte < 0xff)
        return sink.emit(index[(lead - 0x81) * 190 + byte - (byte < 0x7f ? 0x40 : 0x41)] as number);
      if (byte < 0x80) sink.again(byte);
      sink.malformed();
    } else if (byte < 0x80) sink.emit(byte);
    else if (byte === 0x80) sink.emit(0x20ac);
    else if (byte < 0xff) first = byte;
    else sink.malformed();
  };
}
