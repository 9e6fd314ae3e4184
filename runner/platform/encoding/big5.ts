import { encodingIndex } from "./index.ts";
import { END, type Step } from "./multiByte.ts";

const SIZE = 19_782;
/** Pointers of what Unicode writes as a letter and a mark. */
const PAIRS: Readonly<Record<number, readonly [number, number]>> = {
  1133: [0xca, 0x304],
  1135: [0xca, 0x30c],
  1164: [0xea, 0x304],
  1166: [0xea, 0x30c],
};

export function newBig5(): Step {
  const index = encodingIndex("big5");
  let lead = 0;
  return (byte, sink) => {
    if (lead === 0) {
      if (byte >= 0 && byte < 0x80) sink.emit(byte);
      else if (byte > 0x80 && byte < 0xff) lead = byte;
      else if (byte !== END) sink.malformed();
      return;
    }
    const first = lead;
    lead = 0;
    if ((byte > 0x3f && byte < 0x7f) || (byte > 0xa0 && byte < 0xff)) {
      const pointer = (first - 0x81) * 157 + byte - (byte < 0x7f ? 0x40 : 0x62);
      const pair = PAIRS[pointer];
      if (pair !== undefined) {
        sink.emit(pair[0]);
        sink.emit(pair[1]);
        return;
      }
      const low = index[pointer] as number;
      const isPlane2 = ((index[SIZE + (pointer >> 4)] as number) >> (pointer & 15)) & 1;
      if (low !== 0) return sink.emit(isPlane2 ? 0x20000 + low : low);
    }
    if (byte >= 0 && byte < 0x80) sink.again(byte);
    sink.malformed();
  };
}
