import { crypto } from "../crypto/crypto.ts";
import { utf8Encode, utf8Text } from "../encoding.ts";
import { Blob } from "../file/blob.ts";
import { File } from "../file/file.ts";
import { type FormData, type FormEntry, formEntries, newFormData } from "./formData.ts";
import { combined, type Header, hasHeader, isToken } from "./headerList.ts";
import { mimeTypeOf, serializeMimeType } from "./mimeType.ts";

/** What travels as `multipart/form-data`, by HTML and RFC 7578. */

const NO_VALUE = /[\0\r\n]/;
const LINE_END = /\r\n|\r|\n/g;
const CRLF = "\r\n";
const TAB = 0x09;
const SPACE = 0x20;
const DASH = 0x2d;
const CR = 0x0d;
const LF = 0x0a;

export function encodeMultipart(form: FormData): { readonly body: Blob; readonly type: string } {
  const boundary = `----edge-${crypto.randomUUID()}`;
  const parts: unknown[] = [];
  for (const [name, value] of formEntries(form)) {
    const head = `--${boundary}${CRLF}Content-Disposition: form-data; name="${escaped(withLineEnds(name))}"`;
    if (typeof value === "string") {
      parts.push(`${head}${CRLF}${CRLF}${withLineEnds(value)}${CRLF}`);
    } else {
      const type = value.type === "" ? "application/octet-stream" : value.type;
      parts.push(`${head}; filename="${escaped(value.name)}"${CRLF}Content-Type: ${type}${CRLF}${CRLF}`, value, CRLF);
    }
  }
  parts.push(`--${boundary}--${CRLF}`);
  return { body: new Blob(parts), type: `multipart/form-data; boundary=${boundary}` };
}

function withLineEnds(text: string): string {
  return text.replace(LINE_END, CRLF);
}

function escaped(text: string): string {
  return text.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
}

/** @throws TypeError where the bytes are no such form */
export function parseMultipart(bytes: Uint8Array<ArrayBuffer>, boundary: string): FormData {
  const delimiter = utf8Encode(`--${boundary}`);
  const between = utf8Encode(`${CRLF}--${boundary}`);
  const entries: FormEntry[] = [];
  let at = 0;
  while (isLineEnd(bytes, at)) at += 2;
  if (boundary === "" || !startsWith(bytes, delimiter, at)) throw malformed("it does not begin with its boundary");
  at += delimiter.length;
  for (;;) {
    const isLast = bytes[at] === DASH && bytes[at + 1] === DASH;
    at = paddingEnd(bytes, isLast ? at + 2 : at);
    if (isLast && at === bytes.length) break;
    if (!isLineEnd(bytes, at)) throw malformed("a boundary is followed by something else");
    if (isLast) break;
    const { headers, end } = partHeaders(bytes, at + 2);
    const bodyEnd = indexOf(bytes, between, end);
    if (bodyEnd < 0) throw malformed("a part has no end");
    entries[entries.length] = entryOf(headers, bytes.slice(end, bodyEnd));
    at = bodyEnd + between.length;
  }
  return newFormData(entries);
}

/** Spaces and tabs behind a boundary do not count. */
function paddingEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === CR && bytes[at + 1] === LF;
}

function entryOf(headers: readonly Header[], body: Uint8Array<ArrayBuffer>): FormEntry {
  const { name, fileName } = disposition(combined(headers, "content-disposition"));
  if (fileName === undefined) return [name, plainText(body)];
  const mimeType = mimeTypeOf(headers);
  const undeclared = hasHeader(headers, "content-type") ? "" : "text/plain";
  const type = mimeType === undefined ? undeclared : serializeMimeType(mimeType);
  return [name, new File([body], fileName, { type, lastModified: 0 })];
}

/** @throws TypeError where a part is none of a form */
function disposition(value: string | null): { readonly name: string; readonly fileName: string | undefined } {
  const match = /^\s*form-data\s*;/i.exec(value ?? "");
  if (value === null || match === null) throw malformed("a part has no Content-Disposition of form-data");
  const found: { name?: string; filename?: string } = {};
  for (let at = match[0].length; at < value.length; ) {
    const equals = value.indexOf("=", at);
    if (equals < 0) break;
    const key = value.slice(at, equals).trim().toLowerCase();
    const semicolon = value.indexOf(";", equals);
    // No escapes in these: a quote within came as %22, and so did the text "%22".
    const quote = value[equals + 1] === '"' ? value.indexOf('"', equals + 2) : -1;
    const end = quote >= 0 ? quote : semicolon < 0 ? value.length : semicolon;
    const text = value.slice(quote >= 0 ? equals + 2 : equals + 1, end);
    if (key === "name" || key === "filename") found[key] ??= text;
    const next = value.indexOf(";", end);
    at = next < 0 ? value.length : next + 1;
  }
  if (found.name === undefined) throw malformed("a part has no name");
  return { name: found.name, fileName: found.filename };
}

function partHeaders(bytes: Uint8Array<ArrayBuffer>, start: number): { headers: Header[]; end: number } {
  const headers: Header[] = [];
  for (let at = start; ; ) {
    const end = lineEnd(bytes, at);
    if (end === at) return { headers, end: end + 2 };
    const line = plainText(bytes.subarray(at, end));
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (!isToken(name) || NO_VALUE.test(line)) throw malformed("a line before a part is no header");
    headers.push([name.toLowerCase(), line.slice(colon + 1).trim()]);
    at = end + 2;
  }
}

function lineEnd(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(CR, from); at >= 0; at = bytes.indexOf(CR, at + 1)) if (isLineEnd(bytes, at)) return at;
  throw malformed("the headers of a part have no end");
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first] = wanted;
  for (let at = bytes.indexOf(first as number, from); at >= 0; at = bytes.indexOf(first as number, at + 1)) {
    if (startsWith(bytes, wanted, at)) return at;
  }
  return -1;
}

/** A byte order mark is text here. */
function plainText(bytes: Uint8Array<ArrayBuffer>): string {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return hasMark ? `\ufeff${utf8Text(bytes.subarray(3))}` : utf8Text(bytes);
}

function malformed(why: string): TypeError {
  return new TypeError(`The body is no valid multipart/form-data: ${why}`);
}
