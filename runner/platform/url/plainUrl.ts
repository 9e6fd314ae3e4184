import { ENCODE, ENCODED_IN } from "./percentEncoding.ts";
import { newRecord, type UrlRecord } from "./urlRecord.ts";

const [COLON, SLASH, DOT, PERCENT, BACKSLASH, QUESTION, HASH] = [0x3a, 0x2f, 0x2e, 0x25, 0x5c, 0x3f, 0x23] as const;

/** Characters of a host that stay as they are: small letters, digits, `-`. */
const IN_HOST = new Uint8Array(128);
for (const character of "abcdefghijklmnopqrstuvwxyz0123456789-") IN_HOST[character.charCodeAt(0)] = 1;

/**
 * The short way for what nearly every URL is: `http` or `https`, a host name in small ASCII letters, and nothing that the parser
 * would change. Anything else is undefined and left to the parser.
 */
export function parsePlain(text: string): UrlRecord | undefined {
  const scheme = text.startsWith("https://") ? "https:" : text.startsWith("http://") ? "http:" : undefined;
  if (scheme === undefined) return undefined;
  const { length } = text;
  const start = scheme.length + 2;
  let at = start;
  let label = start;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) label = at + 1;
    else if (code > 127 || IN_HOST[code] === 0) break;
  }
  // A last label that begins with a digit may be a number, and the host an address; `xn--` has to be looked at.
  const first = text.charCodeAt(label);
  if (at === start || label === at || (first >= 0x30 && first <= 0x39)) return undefined;
  const host = text.slice(start, at);
  if (host.includes("xn--")) return undefined;
  let port = "";
  if (text.charCodeAt(at) === COLON) {
    const begin = ++at;
    while (at < length && isDigit(text.charCodeAt(at))) at++;
    port = text.slice(begin, at);
    if (!isPlainPort(port, scheme)) return undefined;
  }
  const url = newRecord(scheme);
  url.host = host;
  url.port = port;
  if (at === length) {
    url.path = "/";
    return url;
  }
  if (text.charCodeAt(at) !== SLASH) return undefined;
  const path = at;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUESTION || code === HASH) break;
    if (code > 127 || code === BACKSLASH || ((ENCODED_IN[code] as number) & ENCODE.path) !== 0) return undefined;
    // A segment that begins so may be one of dots.
    if (code === SLASH && (text.charCodeAt(at + 1) === DOT || text.charCodeAt(at + 1) === PERCENT)) return undefined;
  }
  url.path = text.slice(path, at);
  if (text.charCodeAt(at) === QUESTION) {
    const query = ++at;
    for (; at < length && text.charCodeAt(at) !== HASH; at++) {
      const code = text.charCodeAt(at);
      if (code > 127 || ((ENCODED_IN[code] as number) & ENCODE.specialQuery) !== 0) return undefined;
    }
    url.query = text.slice(query, at);
  }
  if (at < length) {
    const fragment = ++at;
    for (; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 127 || ((ENCODED_IN[code] as number) & ENCODE.fragment) !== 0) return undefined;
    }
    url.fragment = text.slice(fragment);
  }
  return url;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** A port that stays as it is. */
function isPlainPort(port: string, scheme: string): boolean {
  if (port.length < 1 || port.length > 5 || port[0] === "0" || Number(port) > 65_535) return false;
  return port !== (scheme === "http:" ? "80" : "443");
}
