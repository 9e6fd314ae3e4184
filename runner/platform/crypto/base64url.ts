import { type Bytes, byteCount, firstBytes, newBytes } from "../bytes.ts";
import { charCodeAt, fromCharCode } from "../primordials.ts";
import { dataError } from "./errors.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES: number[] = [];
for (let value = 0; value < ALPHABET.length; value++) VALUES[charCodeAt(ALPHABET, value)] = value;

/** RFC 4648's alphabet for URLs, without padding. @throws DataError for anything else */
export function fromBase64url(text: string): Bytes {
  const size = Math.floor((text.length * 3) / 4);
  const bytes = newBytes(size + 2);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const value = VALUES[charCodeAt(text, index)];
    if (value === undefined || text.length % 4 === 1) throw dataError("a member of the JWK is no base64url");
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 255;
  }
  return firstBytes(bytes, size);
}

export function toBase64url(bytes: Bytes): string {
  let text = "";
  let bits = 0;
  let held = 0;
  const count = byteCount(bytes);
  for (let index = 0; index < count; index++) {
    held = ((held << 8) | (bytes[index] as number)) & 0xffff;
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      text += ALPHABET[(held >> bits) & 63];
    }
  }
  return bits === 0 ? text : text + ALPHABET[(held << (6 - bits)) & 63];
}

/** Text of one byte a character. */
export function asciiBytes(text: string): Bytes {
  const bytes = newBytes(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = charCodeAt(text, index);
  return bytes;
}

/** `undefined` when there is more in it than ASCII. */
export function asciiText(bytes: Bytes): string | undefined {
  let text = "";
  const count = byteCount(bytes);
  for (let index = 0; index < count; index++) {
    const code = bytes[index] as number;
    if (code > 0x7f) return undefined;
    text += fromCharCode(code);
  }
  return text;
}
