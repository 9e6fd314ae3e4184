import { DOMException } from "./domException.ts";
import { fromCharCode } from "./primordials.ts";
import { needArguments } from "./webidl.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Value of each ASCII character, one more than it is; 0 for what is no digit. */
const DIGITS = new Uint8Array(128);
for (let value = 0; value < 64; value++) DIGITS[ALPHABET.charCodeAt(value)] = value + 1;
/** Characters put together by one call; more overflow the stack. */
const CHUNK = 6_144;

/** HTML's functions for base64. */
export const BASE64_GLOBALS = {
  atob(data: unknown): string {
    needArguments(arguments.length, 1, "atob");
    const text = `${data}`.replace(/[\t\n\f\r ]+/g, "");
    const end = text.length % 4 === 0 ? text.length - (/={0,2}$/.exec(text)?.[0].length ?? 0) : text.length;
    if (end % 4 === 1) throw invalid("The text is no base64: its length is none");
    let out = "";
    let codes: number[] = [];
    let bits = 0;
    for (let at = 0; at < end; at++) {
      const digit = (DIGITS[text.charCodeAt(at)] ?? 0) - 1;
      if (digit < 0) throw invalid("The text is no base64: it has a character that is none of its 64");
      bits = (bits << 6) | digit;
      const place = at % 4;
      if (place > 0) codes.push((bits >> (6 - 2 * place)) & 255);
      if (codes.length >= CHUNK) {
        out += fromCharCode(...codes);
        codes = [];
      }
    }
    return out + fromCharCode(...codes);
  },

  btoa(data: unknown): string {
    needArguments(arguments.length, 1, "btoa");
    const text = `${data}`;
    let out = "";
    for (let at = 0; at < text.length; at += 3) {
      const left = text.length - at;
      const one = text.charCodeAt(at);
      const two = left > 1 ? text.charCodeAt(at + 1) : 0;
      const three = left > 2 ? text.charCodeAt(at + 2) : 0;
      if (one > 255 || two > 255 || three > 255)
        throw invalid("btoa takes characters up to U+00FF: the text has another");
      const bits = (one << 16) | (two << 8) | three;
      out += `${ALPHABET[bits >> 18]}${ALPHABET[(bits >> 12) & 63]}${left > 1 ? ALPHABET[(bits >> 6) & 63] : "="}${left > 2 ? ALPHABET[bits & 63] : "="}`;
    }
    return out;
  },
};

function invalid(message: string): DOMException {
  return new DOMException(message, "InvalidCharacterError");
}
