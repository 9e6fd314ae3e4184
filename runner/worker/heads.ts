import { type AnsweringLimit, LIMITS, type LimitName } from "../limits.ts";
import type { BindingCall, HeaderList, ResponseHead, Streamable, SubRequestHead } from "../protocol/messages.ts";

/** Headers of one sub-request, bytes. */
const SUB_REQUEST_HEADER_BYTES_MAX = 32_768;
/** Characters of a sub-request's URL and method. */
const SUB_REQUEST_URL_CHARS_MAX = 16_384;
/** Characters of one operation of a binding: arguments are small, what is large is a body. */
const BINDING_CALL_CHARS_MAX = 1024 * 1024;
/** Characters that JSON may need for one byte of a header. */
const JSON_CHARS_PER_BYTE = 6;

type ParsedHead =
  | { readonly kind: "head"; readonly head: ResponseHead }
  | { readonly kind: "too-large"; readonly bytes: number }
  | { readonly kind: "invalid" };

/** An isolate can send anything: what is not a response head is refused, what is too large without reading it. */
export function parseResponseHead(text: string, maxBytes: number): ParsedHead {
  if (text.length > maxBytes * JSON_CHARS_PER_BYTE) return { kind: "too-large", bytes: text.length };
  const value = parseRecord(text);
  const { status } = value;
  const headers = headerList(value.headers);
  if (headers === undefined || !Number.isInteger(status) || (status as number) < 200 || (status as number) > 599)
    return { kind: "invalid" };
  const bytes = headerBytes(headers);
  return bytes > maxBytes
    ? { kind: "too-large", bytes }
    : { kind: "head", head: { status: status as number, headers } };
}

/** What headers take in an HTTP/1.1 message: one byte a character, `: ` and a line end each. */
export function headerBytes(headers: HeaderList): number {
  let bytes = 0;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}

export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(LIMITS, name);
}

/** Whether the limit answers for a request when it fires. */
export function isAnsweringLimit(name: string): name is AnsweringLimit {
  return isLimitName(name) && LIMITS[name].status !== null;
}

/** As {@link parseResponseHead}, for what an isolate wants fetched. */
export function parseSubRequestHead(text: string): (SubRequestHead & Streamable) | undefined {
  if (text.length > (SUB_REQUEST_HEADER_BYTES_MAX + SUB_REQUEST_URL_CHARS_MAX) * JSON_CHARS_PER_BYTE) return undefined;
  const value = parseRecord(text);
  const { url, method, redirect, bodyBytes, binding, streams } = value;
  const headers = headerList(value.headers);
  if (headers === undefined || headerBytes(headers) > SUB_REQUEST_HEADER_BYTES_MAX) return undefined;
  if (typeof url !== "string" || typeof method !== "string") return undefined;
  if (url.length + method.length > SUB_REQUEST_URL_CHARS_MAX) return undefined;
  if (redirect !== "follow" && redirect !== "manual" && redirect !== "error") return undefined;
  const length = Number.isSafeInteger(bodyBytes) && { bodyBytes: bodyBytes as number };
  const through = typeof binding === "string" && { binding };
  return { url, method, headers, redirect, ...length, ...through, ...(streams === true && { streams }) };
}

/** As {@link parseResponseHead}, for what an isolate asks of a binding; the arguments are the broker's to judge. */
export function parseBindingCall(text: string): (BindingCall & Streamable) | undefined {
  if (text.length > BINDING_CALL_CHARS_MAX) return undefined;
  const { binding, operation, args, bodyBytes, streams } = parseRecord(text);
  if (typeof binding !== "string" || typeof operation !== "string" || binding.length + operation.length > 256)
    return undefined;
  const length = Number.isSafeInteger(bodyBytes) && { bodyBytes: bodyBytes as number };
  return { binding, operation, args, ...length, ...(streams === true && { streams }) };
}

function parseRecord(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function headerList(value: unknown): HeaderList | undefined {
  if (!Array.isArray(value)) return undefined;
  for (const pair of value) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== "string" || typeof pair[1] !== "string")
      return undefined;
  }
  return value as unknown as HeaderList;
}
