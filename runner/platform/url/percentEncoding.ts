import { utf8Encode, utf8Text } from "../encoding.ts";

/** The URL Standard's percent-encode sets, each a bit. */
export const ENCODE = { c0: 1, fragment: 2, query: 4, specialQuery: 8, path: 16, userinfo: 32, form: 64 } as const;

const EXTRA: readonly [set: number, characters: string][] = [
  [ENCODE.fragment, ' "<>`'],
  [ENCODE.query, ' "#<>'],
  [ENCODE.specialQuery, " \"#<>'"],
  [ENCODE.path, ' "#<>?^`{}'],
  [ENCODE.userinfo, ' "#<>?^`{}/:;=@[\\]|'],
  [ENCODE.form, " \"#<>?^`{}/:;=@[\\]|$%&+,!'()~"],
];

/** Which sets a character below U+0080 is in. */
export const ENCODED_IN = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  if (code < 0x20 || code > 0x7e) ENCODED_IN[code] = 127;
  for (const [set, characters] of EXTRA) {
    if (characters.includes(String.fromCharCode(code))) ENCODED_IN[code] = (ENCODED_IN[code] as number) | set;
  }
}

const HEX = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);

/** UTF-8 percent-encodes what is in the set. */
export function percentEncode(text: string, set: number, spaceAsPlus = false): string {
  const { length } = text;
  let at = 0;
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code > 127 || ((ENCODED_IN[code] as number) & set) !== 0) break;
    at++;
  }
  if (at === length) return text;
  let out = text.slice(0, at);
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 128) {
      if (((ENCODED_IN[code] as number) & set) === 0) out += text[at];
      else out += spaceAsPlus && code === 0x20 ? "+" : HEX[code];
      continue;
    }
    const isPair = (code & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    const bytes = utf8Encode(isPair ? text.slice(at, at + 2) : (text[at] as string));
    for (let index = 0; index < bytes.length; index++) out += HEX[bytes[index] as number];
    if (isPair) at++;
  }
  return out;
}

/** Percent-decodes and reads the bytes as UTF-8, a byte order mark kept. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = utf8Encode(text);
  let end = 0;
  for (let at = 0; at < bytes.length; at++, end++) {
    const byte = bytes[at] as number;
    const high = byte === 0x25 ? hexDigit(bytes[at + 1]) : -1;
    const low = high < 0 ? -1 : hexDigit(bytes[at + 2]);
    if (low < 0) {
      bytes[end] = byte;
    } else {
      bytes[end] = high * 16 + low;
      at += 2;
    }
  }
  return utf8Text(bytes.subarray(0, end), true);
}

export function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
