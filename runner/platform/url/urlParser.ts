import { ENCODE, percentEncode } from "./percentEncoding.ts";
import { parsePlain } from "./plainUrl.ts";
import { parseHost } from "./urlHost.ts";
import { addSegments, driveOf, isDrive, shorten, startsWithDrive } from "./urlPath.ts";
import { defaultPort, isSpecial, newRecord, type UrlRecord } from "./urlRecord.ts";

const SCHEME = /^[a-zA-Z][a-zA-Z0-9+\-.]*:/;
const PORT = /^[0-9]+$/;

/**
 * The URL Standard's basic URL parser, a state to a function, for whole URLs; undefined is failure.
 *
 * @param input well-formed text
 */
export function parseUrl(input: string, base?: UrlRecord): UrlRecord | undefined {
  return parsePlain(input) ?? parseAny(input, base);
}

/** The same without the short way. */
export function parseAny(input: string, base?: UrlRecord): UrlRecord | undefined {
  const text = withoutBreaks(trimmed(input));
  const scheme = SCHEME.exec(text)?.[0];
  if (scheme !== undefined) return afterScheme(newRecord(scheme.toLowerCase()), text.slice(scheme.length), base);
  if (base === undefined) return undefined;
  if (base.isOpaque)
    return text[0] === "#" ? { ...base, fragment: percentEncode(text.slice(1), ENCODE.fragment) } : undefined;
  return base.scheme === "file:" ? file(newRecord("file:"), text, base) : relative(newRecord(base.scheme), text, base);
}

/** Without controls and spaces at its ends. By hand: a regular expression would look at each run of spaces from each of them. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

export function withoutBreaks(text: string): string {
  return /[\t\n\r]/.test(text) ? text.replace(/[\t\n\r]/g, "") : text;
}

function afterScheme(url: UrlRecord, rest: string, base: UrlRecord | undefined): UrlRecord | undefined {
  const { scheme } = url;
  if (scheme === "file:") return file(url, rest, base);
  if (isSpecial(scheme)) {
    if (base?.scheme === scheme && !rest.startsWith("//")) return relative(url, rest, base);
    return authority(url, withoutSlashes(rest));
  }
  if (rest.startsWith("//")) return authority(url, rest.slice(2));
  if (rest[0] === "/") return path(url, rest.slice(1));
  url.isOpaque = true;
  const end = endOf(rest, "?#");
  url.path = opaquePath(rest.slice(0, end), end < rest.length);
  return queryAndFragment(url, rest.slice(end));
}

/** The last space before a query or a fragment is encoded: else it would be lost when they are taken away. */
function opaquePath(text: string, isFollowed: boolean): string {
  const encoded = percentEncode(text, ENCODE.c0);
  return isFollowed && encoded.endsWith(" ") ? `${encoded.slice(0, -1)}%20` : encoded;
}

function withoutSlashes(text: string): string {
  return text.replace(/^[/\\]+/, "");
}

function isSlash(url: UrlRecord, character: string | undefined): boolean {
  return character === "/" || (character === "\\" && isSpecial(url.scheme));
}

function relative(url: UrlRecord, text: string, base: UrlRecord): UrlRecord | undefined {
  if (isSlash(url, text[0])) {
    if (isSpecial(url.scheme) && isSlash(url, text[1])) return authority(url, withoutSlashes(text));
    if (text[1] === "/") return authority(url, text.slice(2));
    takeAuthority(url, base);
    return path(url, text.slice(1));
  }
  takeAuthority(url, base);
  url.path = base.path;
  if (text[0] === "?" || text[0] === "#" || text === "") {
    url.query = base.query;
    return queryAndFragment(url, text);
  }
  url.path = shorten(url.scheme, url.path);
  return path(url, text);
}

function takeAuthority(url: UrlRecord, { username, password, host, port }: UrlRecord): void {
  url.username = username;
  url.password = password;
  url.host = host;
  url.port = port;
}

function authority(url: UrlRecord, text: string): UrlRecord | undefined {
  const end = endOf(text, isSpecial(url.scheme) ? "/\\?#" : "/?#");
  let rest = text.slice(0, end);
  const at = rest.lastIndexOf("@");
  if (at >= 0) {
    const given = rest.slice(0, at);
    const colon = given.indexOf(":");
    url.username = percentEncode(colon < 0 ? given : given.slice(0, colon), ENCODE.userinfo);
    if (colon >= 0) url.password = percentEncode(given.slice(colon + 1), ENCODE.userinfo);
    rest = rest.slice(at + 1);
    if (rest === "") return undefined;
  }
  const colon = portColon(rest);
  const host = rest.slice(0, colon);
  if (host === "" && (isSpecial(url.scheme) || colon < rest.length)) return undefined;
  const parsed = parseHost(host, !isSpecial(url.scheme));
  if (parsed === undefined) return undefined;
  url.host = parsed;
  const port = parsePort(url.scheme, rest.slice(colon + 1));
  if (port === undefined) return undefined;
  url.port = port;
  return pathStart(url, text.slice(end));
}

/** Where the port's colon is, or the end: one within brackets is the address's. */
export function portColon(text: string): number {
  let inBrackets = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "[") inBrackets = true;
    else if (character === "]") inBrackets = false;
    else if (character === ":" && !inBrackets) return at;
  }
  return text.length;
}

/** The port as it is serialised, or undefined when it is none. */
export function parsePort(scheme: string, digits: string): string | undefined {
  if (digits === "") return "";
  if (!PORT.test(digits)) return undefined;
  const port = Number(digits);
  if (port > 65_535) return undefined;
  return `${port}` === defaultPort(scheme) ? "" : `${port}`;
}

function file(url: UrlRecord, text: string, base: UrlRecord | undefined): UrlRecord | undefined {
  url.host = "";
  const from = base?.scheme === "file:" ? base : undefined;
  if (isSlash(url, text[0]))
    return isSlash(url, text[1]) ? fileHost(url, text.slice(2)) : fileSlash(url, text.slice(1), from);
  if (from === undefined) return path(url, text);
  url.host = from.host;
  if (text[0] === "?" || text[0] === "#" || text === "") {
    url.path = from.path;
    url.query = from.query;
    return queryAndFragment(url, text);
  }
  if (!startsWithDrive(text)) url.path = shorten("file:", from.path);
  return path(url, text);
}

function fileSlash(url: UrlRecord, text: string, from: UrlRecord | undefined): UrlRecord | undefined {
  if (from !== undefined) {
    url.host = from.host;
    if (!startsWithDrive(text)) url.path = driveOf(from.path);
  }
  return path(url, text);
}

function fileHost(url: UrlRecord, text: string): UrlRecord | undefined {
  const end = endOf(text, "/\\?#");
  const name = text.slice(0, end);
  // `file://c:/x`: no host, but the first segment.
  if (isDrive(name)) return path(url, text);
  if (name !== "") {
    const host = parseHost(name, false);
    if (host === undefined) return undefined;
    url.host = host === "localhost" ? "" : host;
  }
  return pathStart(url, text.slice(end));
}

function pathStart(url: UrlRecord, text: string): UrlRecord {
  if (isSpecial(url.scheme)) return path(url, isSlash(url, text[0]) ? text.slice(1) : text);
  if (text[0] === "/") return path(url, text.slice(1));
  return queryAndFragment(url, text);
}

function path(url: UrlRecord, text: string): UrlRecord {
  const end = endOf(text, "?#");
  addSegments(url, text.slice(0, end));
  return queryAndFragment(url, text.slice(end));
}

/** @param text empty, or begins with a question mark or a number sign */
function queryAndFragment(url: UrlRecord, text: string): UrlRecord {
  const hash = text.indexOf("#");
  const end = hash < 0 ? text.length : hash;
  if (text[0] === "?") url.query = encodeQuery(url, text.slice(1, end));
  if (hash >= 0) url.fragment = percentEncode(text.slice(hash + 1), ENCODE.fragment);
  return url;
}

export function encodeQuery(url: UrlRecord, text: string): string {
  return percentEncode(text, isSpecial(url.scheme) ? ENCODE.specialQuery : ENCODE.query);
}

/** Index of the first of the characters, or the length. */
export function endOf(text: string, characters: string): number {
  for (let at = 0; at < text.length; at++) if (characters.includes(text[at] as string)) return at;
  return text.length;
}
