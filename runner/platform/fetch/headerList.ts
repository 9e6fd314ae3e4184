import type { HeaderList } from "../../protocol/messages.ts";
import { charCodeAt, sliceText, toLowerCase } from "../primordials.ts";
import { shown, toByteString } from "../webidl.ts";

/** Headers as they travel: names in lower case, repeated ones apart. */
export type Header = readonly [name: string, value: string];

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** Of each ASCII character whether a token may have it. */
const isTokenCode = new Uint8Array(128);
for (let index = 0; index < TOKEN_CHARACTERS.length; index++) isTokenCode[TOKEN_CHARACTERS.charCodeAt(index)] = 1;

/** Names that functions use all the time, in the two ways in which people write them. */
const KNOWN: Readonly<Record<string, string>> = (() => {
  const names =
    "Accept Accept-Encoding Accept-Language Access-Control-Allow-Origin Authorization Cache-Control Connection Content-Encoding " +
    "Content-Length Content-Type Cookie Date ETag Host If-Modified-Since If-None-Match Last-Modified Location Origin Referer " +
    "Server Set-Cookie Traceparent User-Agent Vary X-Forwarded-For X-Forwarded-Proto X-Powered-By X-Request-Id";
  const known = { __proto__: null } as unknown as Record<string, string>;
  for (const name of names.split(" ")) {
    const lower = name.toLowerCase();
    known[name] = lower;
    known[lower] = lower;
  }
  return known;
})();

export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (isTokenCode[charCodeAt(text, index)] !== 1) return false;
  return text.length > 0;
}

/** @throws TypeError when it is no header name */
export function headerName(value: unknown): string {
  const known = typeof value === "string" ? KNOWN[value] : undefined;
  if (known !== undefined) return known;
  const text = toByteString(value);
  if (!isToken(text)) throw new TypeError(`${shown(text)} cannot be the name of a header`);
  return toLowerCase(text);
}

/** A value without the space around it. @throws TypeError when it is no header value */
export function headerValue(value: unknown): string {
  const text = toByteString(value);
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(charCodeAt(text, start))) start++;
  while (end > start && isSpace(charCodeAt(text, end - 1))) end--;
  for (let index = start; index < end; index++) {
    const code = charCodeAt(text, index);
    if (code === 0 || code === 0x0a || code === 0x0d)
      throw new TypeError(`The header value ${shown(text)} has a line break or a NUL in it`);
  }
  return start === 0 && end === text.length ? text : sliceText(text, start, end);
}

/** Tab, line feed, carriage return, space: what Fetch strips. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** All values of one name, joined; null without any. @param name in lower case */
export function combined(list: HeaderList, name: string): string | null {
  let value: string | null = null;
  for (let index = 0; index < list.length; index++) {
    const header = list[index] as Header;
    if (header[0] === name) value = value === null ? header[1] : `${value}, ${header[1]}`;
  }
  return value;
}

export function hasHeader(list: HeaderList, name: string): boolean {
  for (let index = 0; index < list.length; index++) if ((list[index] as Header)[0] === name) return true;
  return false;
}

/** Sorted by name, values of one name joined; of `set-cookie` each apart. */
export function sortedAndCombined(list: HeaderList): Header[] {
  const sorted: Header[] = [];
  for (let index = 0; index < list.length; index++) {
    const [name, value] = list[index] as Header;
    let at = sorted.length;
    while (at > 0 && (sorted[at - 1] as Header)[0] > name) at--;
    const before = sorted[at - 1];
    if (before !== undefined && before[0] === name && name !== "set-cookie") {
      sorted[at - 1] = [name, `${before[1]}, ${value}`];
    } else {
      for (let from = sorted.length; from > at; from--) sorted[from] = sorted[from - 1] as Header;
      sorted[at] = [name, value];
    }
  }
  return sorted;
}

/** In the place of the first of its name; others of that name go. */
export function setHeader(list: Header[], header: Header): void {
  for (let index = 0; index < list.length; index++) {
    if ((list[index] as Header)[0] !== header[0]) continue;
    list[index] = header;
    removeHeader(list, header[0], index + 1);
    return;
  }
  list[list.length] = header;
}

/** Takes all headers of one name out of the list, from an index on. */
export function removeHeader(list: Header[], name: string, from = 0): void {
  let kept = from;
  for (let index = from; index < list.length; index++) {
    const header = list[index] as Header;
    if (header[0] !== name) list[kept++] = header;
  }
  list.length = kept;
}

export function copyOf(list: HeaderList): Header[] {
  const copy: Header[] = [];
  for (let index = 0; index < list.length; index++) copy[index] = list[index] as Header;
  return copy;
}
