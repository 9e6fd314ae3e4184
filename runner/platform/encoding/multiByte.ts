import { fromCharCode } from "../primordials.ts";
import { newBig5 } from "./big5.ts";
import { newEucKr } from "./eucKr.ts";
import { newGb18030 } from "./gb18030.ts";
import { newEucJp, newIso2022Jp, newShiftJis } from "./japanese.ts";

/** Characters put together by one call; more overflow the stack. */
const CHUNK = 8_192;
/** In the place of a byte: no more come. */
export const END = -1;

/** Where what a decoder finds goes. */
export interface Sink {
  emit(point: number): void;
  malformed(): void;
  /** The byte is read again. Of several the last given is the first read. */
  again(byte: number): void;
}

/** One byte, or {@link END}, of a stream whose state the function keeps. */
export type Step = (byte: number, sink: Sink) => void;

const DECODERS: Readonly<Record<string, () => Step>> = {
  gbk: newGb18030,
  gb18030: newGb18030,
  big5: newBig5,
  "euc-jp": newEucJp,
  "iso-2022-jp": newIso2022Jp,
  shift_jis: newShiftJis,
  "euc-kr": newEucKr,
};

/** The Encoding Standard's decoders of the encodings with more than one byte for a character, Unicode's own apart. */
export class MultiByteDecoder implements Sink {
  readonly #encoding: string;
  readonly #isFatal: boolean;
  #step: Step | undefined;
  #again: number[] = [];
  #units: number[] = [];
  #text = "";

  constructor(encoding: string, isFatal: boolean) {
    this.#encoding = encoding;
    this.#isFatal = isFatal;
  }

  /** @throws TypeError on malformed input when it is fatal, LimitError, or Error when the request is over */
  decode(bytes: Uint8Array, last: boolean): string {
    this.#step ??= (DECODERS[this.#encoding] as () => Step)();
    let goesOn = false;
    try {
      for (let index = 0; index < bytes.length; index++) this.#take(bytes[index] as number);
      if (last) this.#take(END);
      goesOn = !last;
      return this.#text + fromCharCode(...this.#units);
    } finally {
      // The end of a stream, or an error: what comes next begins anew.
      if (!goesOn) this.#step = undefined;
      this.#again = [];
      this.#units = [];
      this.#text = "";
    }
  }

  emit(point: number): void {
    const units = this.#units;
    if (point > 0xffff) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    else units.push(point);
    if (units.length < CHUNK) return;
    this.#text += fromCharCode(...units);
    units.length = 0;
  }

  malformed(): void {
    if (this.#isFatal) throw new TypeError(`The encoded data was not valid ${this.#encoding}`);
    this.emit(0xfffd);
  }

  again(byte: number): void {
    this.#again.push(byte);
  }

  #take(byte: number): void {
    const step = this.#step as Step;
    step(byte, this);
    while (this.#again.length > 0) step(this.#again.pop() as number, this);
  }
}
