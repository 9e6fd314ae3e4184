import { ENCODE, percentEncode } from "./percentEncoding.ts";
import { isSpecial, type UrlRecord } from "./urlRecord.ts";

const SINGLE_DOT = /^(?:\.|%2e)$/i;
const DOUBLE_DOT = /^(?:\.|%2e){2}$/i;
const DRIVE = /^[a-zA-Z][:|]$/;
const NORMAL_DRIVE = /^\/[a-zA-Z]:$/;
const STARTS_WITH_DRIVE = /^[a-zA-Z][:|](?:[/\\?#]|$)/;

export function isDrive(text: string): boolean {
  return DRIVE.test(text);
}

export function startsWithDrive(text: string): boolean {
  return STARTS_WITH_DRIVE.test(text);
}

/** The first segment of a path when it is a drive letter, else nothing. */
export function driveOf(path: string): string {
  const end = path.indexOf("/", 1);
  const first = end < 0 ? path : path.slice(0, end);
  return NORMAL_DRIVE.test(first) ? first : "";
}

/** Takes the last segment away, but not a file's only drive letter. */
export function shorten(scheme: string, path: string): string {
  if (scheme === "file:" && NORMAL_DRIVE.test(path)) return path;
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The path state: adds segments to the path that the record has. @param text begins after the slash of the first one */
export function addSegments(url: UrlRecord, text: string): void {
  const special = isSpecial(url.scheme);
  let { path } = url;
  for (let at = 0; at <= text.length; ) {
    let end = at;
    while (end < text.length && text[end] !== "/" && !(special && text[end] === "\\")) end++;
    const segment = text.slice(at, end);
    const isLast = end === text.length;
    if (DOUBLE_DOT.test(segment)) {
      path = shorten(url.scheme, path);
      if (isLast) path += "/";
    } else if (SINGLE_DOT.test(segment)) {
      if (isLast) path += "/";
    } else if (url.scheme === "file:" && path === "" && isDrive(segment)) {
      path = `/${segment[0]}:`;
    } else {
      path += `/${percentEncode(segment, ENCODE.path)}`;
    }
    at = end + 1;
  }
  url.path = path;
}
