import { isBufferSource, sharedBytes } from "./bytes.ts";
import { fromCharCode } from "./primordials.ts";

const LABELS: Readonly<Record<string, "utf-8" | "utf-16le" | "windows-1252">> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "unicode-1-1-utf-8": "utf-8",
  "utf-16le": "utf-16le",
  "utf-16": "utf-16le",
  latin1: "windows-1252",
  "iso-8859-1": "windows-1252",
  ascii: "windows-1252",
  "us-ascii": "windows-1252",
};
/** Characters put together by one call; more overflow the stack. */
const CHUNK = 8_192;

export function utf8Encode(text: string): Uint8Array<ArrayBuffer> {
  const length = text.length;
  let bytes = new Uint8Array(length);
  let at = 0;
  for (let index = 0; index < length; index++) {
    let code = text.charCodeAt(index);
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    if (at + 3 * (length - index) > bytes.length) {
      const grown = new Uint8Array(at + 3 * (length - index));
      grown.set(bytes.subarray(0, at));
      bytes = grown;
    }
    if (code >= 0xd800 && code < 0xe000) {
      const low = code < 0xdc00 && index + 1 < length ? text.charCodeAt(index + 1) : 0;
      if (low >= 0xdc00 && low < 0xe000) {
        index++;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      } else {
        code = 0xfffd;
      }
    }
    if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
    } else {
      if (code < 0x10000) {
        bytes[at++] = 0xe0 | (code >> 12);
      } else {
        bytes[at++] = 0xf0 | (code >> 18);
        bytes[at++] = 0x80 | ((code >> 12) & 63);
      }
      bytes[at++] = 0x80 | ((code >> 6) & 63);
    }
    bytes[at++] = 0x80 | (code & 63);
  }
  return bytes.subarray(0, at);
}

/** Length of {@link utf8Encode}'s result. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    // A pair is two units and four bytes; a lone half becomes U+FFFD, three.
    bytes += code < 0x800 || isPaired(text, index, code) ? 1 : 2;
  }
  return bytes;
}

function isPaired(text: string, index: number, code: number): boolean {
  if (code >= 0xd800 && code < 0xdc00) return (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
  return code >= 0xdc00 && code < 0xe000 && index > 0 && (text.charCodeAt(index - 1) & 0xfc00) === 0xd800;
}

/** What a decoder keeps between two chunks of a stream. */
interface Utf8State {
  needed: number;
  seen: number;
  point: number;
  lower: number;
  upper: number;
}

function utf8Start(): Utf8State {
  return { needed: 0, seen: 0, point: 0, lower: 0x80, upper: 0xbf };
}

/** The Encoding Standard's UTF-8 decoder. @throws TypeError on malformed input when `fatal`. */
function utf8Decode(bytes: Uint8Array, state: Utf8State, options: { fatal: boolean; last: boolean }): string {
  const units: number[] = [];
  let out = "";
  const emit = (code: number) => {
    if (code > 0xffff) {
      units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      units.push(code);
    }
    if (units.length >= CHUNK) {
      out += fromCharCode(...units);
      units.length = 0;
    }
  };
  const malformed = () => {
    if (options.fatal) throw new TypeError("The encoded data was not valid utf-8");
    emit(0xfffd);
  };
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (state.needed === 0) {
      if (byte < 0x80) emit(byte);
      else if (byte >= 0xc2 && byte <= 0xdf) Object.assign(state, { needed: 1, point: byte & 31 });
      else if (byte >= 0xe0 && byte <= 0xef) {
        Object.assign(state, { needed: 2, point: byte & 15 });
        if (byte === 0xe0) state.lower = 0xa0;
        if (byte === 0xed) state.upper = 0x9f;
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        Object.assign(state, { needed: 3, point: byte & 7 });
        if (byte === 0xf0) state.lower = 0x90;
        if (byte === 0xf4) state.upper = 0x8f;
      } else malformed();
      continue;
    }
    if (byte < state.lower || byte > state.upper) {
      Object.assign(state, utf8Start());
      malformed();
      // The byte that broke the sequence may begin the next one.
      index--;
      continue;
    }
    state.lower = 0x80;
    state.upper = 0xbf;
    state.point = (state.point << 6) | (byte & 63);
    if (++state.seen === state.needed) {
      const { point } = state;
      Object.assign(state, utf8Start());
      emit(point);
    }
  }
  if (options.last && state.needed !== 0) {
    Object.assign(state, utf8Start());
    malformed();
  }
  return out + fromCharCode(...units);
}

/** UTF-8 to text, malformed bytes replaced, a byte order mark removed unless it is kept: what `text()` and `json()` do. */
export function utf8Text(bytes: Uint8Array, keepsMark = false): string {
  const text = utf8Decode(bytes, utf8Start(), { fatal: false, last: true });
  return !keepsMark && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** A view of the bytes behind an ArrayBuffer or any view of one. */
export function bytesOf(source: unknown): Uint8Array<ArrayBuffer> | undefined {
  return isBufferSource(source) ? sharedBytes(source) : undefined;
}

export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }
  encode(text: unknown = ""): Uint8Array {
    return utf8Encode(`${text}`);
  }
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    let read = 0;
    let written = 0;
    for (const character of source) {
      const bytes = utf8Encode(character);
      if (written + bytes.length > destination.length) break;
      destination.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

export class TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  #state = utf8Start();
  #started = false;
  #half: number | undefined;

  constructor(label: unknown = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const encoding = LABELS[`${label}`.trim().toLowerCase()];
    if (encoding === undefined) throw new RangeError(`The encoding label "${label}" is not supported`);
    this.encoding = encoding;
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }

  decode(input?: unknown, options: { stream?: boolean } = {}): string {
    const bytes = input === undefined ? new Uint8Array() : bytesOf(input);
    if (bytes === undefined) throw new TypeError("decode takes an ArrayBuffer or a view of one");
    const last = !options.stream;
    let text = this.#decode(bytes, last);
    if (!this.#started && text.length > 0) {
      this.#started = true;
      if (!this.ignoreBOM && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (last) this.#started = false;
    return text;
  }

  #decode(bytes: Uint8Array, last: boolean): string {
    if (this.encoding === "utf-8") return utf8Decode(bytes, this.#state, { fatal: this.fatal, last });
    let text = "";
    if (this.encoding === "windows-1252") {
      for (const byte of bytes) text += fromCharCode(byte);
      return text;
    }
    for (const byte of bytes) {
      if (this.#half === undefined) {
        this.#half = byte;
      } else {
        text += fromCharCode(this.#half | (byte << 8));
        this.#half = undefined;
      }
    }
    if (last && this.#half !== undefined) {
      this.#half = undefined;
      if (this.fatal) throw new TypeError("The encoded data was not valid utf-16le");
      text += "\ufffd";
    }
    return this.fatal ? text : text.toWellFormed();
  }
}
