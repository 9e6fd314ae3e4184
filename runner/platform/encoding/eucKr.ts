import { encodingIndex } from "./index.ts";
import { END, type Step } from "./multiByte.ts";

export function newEucKr(): Step {
  const index = encodingIndex("euc-kr");
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
    if (byte > 0x40 && byte < 0xff) {
      const point = index[(first - 0x81) * 190 + byte - 0x41] as number;
      if (point !== 0) return sink.emit(point);
    }
    if (byte >= 0 && byte < 0x80) sink.again(byte);
    sink.malformed();
  };
}
