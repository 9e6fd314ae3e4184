import { isBufferSource, sharedBytes } from "./bytes.ts";
import { apply, fromCharCode } from "./primordials.ts";

/** Characters put together by one call; more overflow the stack. */
const CHUNK = 8_192;
/** Bytes of ASCII in a row that are worth a call of their own. */
const ASCII_RUN = 16;

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

/** As much of a text as has room, whole characters only. @returns units read and bytes written */
export function utf8EncodeInto(text: string, into: Uint8Array): { read: number; written: number } {
  let read = 0;
  let written = 0;
  while (read < text.length) {
    const code = text.codePointAt(read) as number;
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (written + bytes > into.length) break;
    if (bytes === 1) into[written] = code;
    else into.set(utf8Encode(text.slice(read, read + (bytes === 4 ? 2 : 1))), written);
    written += bytes;
    read += bytes === 4 ? 2 : 1;
  }
  return { read, written };
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

/** A decoder at the start of a stream. */
export function newUtf8State(): Utf8State {
  return { needed: 0, seen: 0, point: 0, lower: 0x80, upper: 0xbf };
}

/** The Encoding Standard's UTF-8 decoder. @throws TypeError on malformed input when `fatal`. */
export function utf8Decode(bytes: Uint8Array, state: Utf8State, options: { fatal: boolean; last: boolean }): string {
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
      if (byte < 0x80) {
        const end = asciiEnd(bytes, index);
        if (end - index >= ASCII_RUN) {
          out += fromCharCode(...units) + asciiText(bytes, index, end);
          units.length = 0;
        } else {
          for (let at = index; at < end; at++) emit(bytes[at] as number);
        }
        index = end - 1;
      } else if (byte >= 0xc2 && byte <= 0xdf) Object.assign(state, { needed: 1, point: byte & 31 });
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
      Object.assign(state, newUtf8State());
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
      Object.assign(state, newUtf8State());
      emit(point);
    }
  }
  if (options.last && state.needed !== 0) {
    Object.assign(state, newUtf8State());
    malformed();
  }
  return out + fromCharCode(...units);
}

/** Where the bytes stop to be ASCII; no further than one call takes. */
function asciiEnd(bytes: Uint8Array, start: number): number {
  const most = Math.min(bytes.length, start + CHUNK);
  let at = start;
  while (at < most && (bytes[at] as number) < 0x80) at++;
  return at;
}

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  return apply(fromCharCode, undefined, bytes.subarray(start, end) as unknown as number[]);
}

/** UTF-8 to text, malformed bytes replaced, a byte order mark removed unless it is kept: what `text()` and `json()` do. */
export function utf8Text(bytes: Uint8Array, keepsMark = false): string {
  const text = utf8Decode(bytes, newUtf8State(), { fatal: false, last: true });
  return !keepsMark && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** A view of the bytes behind an ArrayBuffer or any view of one. */
export function bytesOf(source: unknown): Uint8Array<ArrayBuffer> | undefined {
  return isBufferSource(source) ? sharedBytes(source) : undefined;
}
