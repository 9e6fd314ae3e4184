import { encodingIndex } from "./index.ts";
import { END, type Step } from "./multiByte.ts";

/** Katakana of half the width, from 0x21 or 0xA1 on. */
const KATAKANA = 0xff61;

export function newShiftJis(): Step {
  const jis0208 = encodingIndex("jis0208");
  let lead = 0;
  return (byte, sink) => {
    if (lead === 0) {
      if (byte >= 0 && byte <= 0x80) sink.emit(byte);
      else if (byte > 0xa0 && byte < 0xe0) sink.emit(KATAKANA + byte - 0xa1);
      else if (byte > 0x80 && byte !== 0xa0 && byte < 0xfd) lead = byte;
      else if (byte !== END) sink.malformed();
      return;
    }
    const first = lead;
    lead = 0;
    if (byte > 0x3f && byte !== 0x7f && byte < 0xfd) {
      const pointer = (first - (first < 0xa0 ? 0x81 : 0xc1)) * 188 + byte - (byte < 0x7f ? 0x40 : 0x41);
      if (pointer >= 8_836 && pointer <= 10_715) return sink.emit(0xe000 + pointer - 8_836);
      const point = jis0208[pointer] as number;
      if (point !== 0) return sink.emit(point);
    }
    if (byte >= 0 && byte < 0x80) sink.again(byte);
    sink.malformed();
  };
}

export function newEucJp(): Step {
  const jis0208 = encodingIndex("jis0208");
  const jis0212 = encodingIndex("jis0212");
  let lead = 0;
  let index = jis0208;
  return (byte, sink) => {
    if (lead === 0) {
      if (byte >= 0 && byte < 0x80) sink.emit(byte);
      else if (byte === 0x8e || byte === 0x8f || (byte > 0xa0 && byte < 0xff)) lead = byte;
      else if (byte !== END) sink.malformed();
      return;
    }
    const first = lead;
    lead = 0;
    if (first === 0x8e && byte > 0xa0 && byte < 0xe0) return sink.emit(KATAKANA + byte - 0xa1);
    if (first === 0x8f && byte > 0xa0 && byte < 0xff) {
      index = jis0212;
      lead = byte;
      return;
    }
    const from = index;
    index = jis0208;
    if (first > 0xa0 && byte > 0xa0 && byte < 0xff) {
      const point = from[(first - 0xa1) * 94 + byte - 0xa1] as number;
      if (point !== 0) return sink.emit(point);
    }
    if (byte >= 0 && byte < 0x80) sink.again(byte);
    sink.malformed();
  };
}

const ESC = 0x1b;
/** What an escape sequence ends with, by its first two bytes. */
const CHOICES: Readonly<Record<number, Readonly<Record<number, Iso2022State>>>> = {
  40: { 66: "ascii", 74: "roman", 73: "katakana" },
  36: { 64: "lead", 66: "lead" },
};
type Iso2022State = "ascii" | "roman" | "katakana" | "lead";

export function newIso2022Jp(): Step {
  const jis0208 = encodingIndex("jis0208");
  /** What the last escape sequence chose. */
  let chosen: Iso2022State = "ascii";
  let state: Iso2022State | "trail" | "escapeStart" | "escape" = "ascii";
  let lead = 0;
  /** Whether an escape sequence came last, with nothing in between: a second one is malformed. */
  let hasChosen = false;

  return (byte, sink) => {
    if (state === "escapeStart") {
      if (byte === 0x24 || byte === 0x28) {
        lead = byte;
        state = "escape";
        return;
      }
      hasChosen = false;
      state = chosen;
      sink.again(byte);
      return sink.malformed();
    }
    if (state === "escape") {
      const next = CHOICES[lead]?.[byte];
      if (next !== undefined) {
        chosen = state = next;
        const isSecond = hasChosen;
        hasChosen = true;
        if (isSecond) sink.malformed();
        return;
      }
      hasChosen = false;
      state = chosen;
      sink.again(byte);
      sink.again(lead);
      return sink.malformed();
    }
    if (byte === ESC) {
      const isCut = state === "trail";
      state = "escapeStart";
      if (isCut) sink.malformed();
      return;
    }
    if (state === "trail") {
      state = "lead";
      if (byte > 0x20 && byte < 0x7f) {
        const point = jis0208[(lead - 0x21) * 94 + byte - 0x21] as number;
        return point === 0 ? sink.malformed() : sink.emit(point);
      }
      if (byte === END) sink.again(END);
      return sink.malformed();
    }
    if (byte === END) return;
    hasChosen = false;
    if (state === "lead") {
      if (byte <= 0x20 || byte >= 0x7f) return sink.malformed();
      lead = byte;
      state = "trail";
      return;
    }
    if (state === "katakana") {
      return byte > 0x20 && byte < 0x60 ? sink.emit(KATAKANA + byte - 0x21) : sink.malformed();
    }
    if (byte > 0x7f || byte === 0x0e || byte === 0x0f) return sink.malformed();
    sink.emit(state === "ascii" ? byte : byte === 0x5c ? 0xa5 : byte === 0x7e ? 0x203e : byte);
  };
}
