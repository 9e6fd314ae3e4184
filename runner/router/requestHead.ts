import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { EdgeInfo } from "../contract.ts";
import type { Failure } from "../errors.ts";
import type { HeaderList, RequestHead } from "../protocol/messages.ts";
import { brokenRule, TARGET_RULES } from "../routes/targetRules.ts";
import { type Trace, traceHeaders } from "./traceContext.ts";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** The trace goes on under a span of our own. */
const REPLACED = new Set(["traceparent", "tracestate"]);
const REQUEST_ID = /^[\w.:@/+=-]{1,128}$/;

/** What the proxy in front says of the client. Its `x-edge-*` headers are trusted: it removes those that clients send. */
export function edgeInfo(message: IncomingMessage, region: string): EdgeInfo {
  const header = (name: string) => {
    const value = message.headers[name];
    return typeof value === "string" && value !== "-" ? value : "";
  };
  const id = header("x-request-id");
  return {
    region,
    country: header("x-edge-country") || "XX",
    clientIp: header("x-edge-client-ip"),
    tls: header("x-edge-tls"),
    http: header("x-edge-http") || `HTTP/${message.httpVersion}`,
    requestId: REQUEST_ID.test(id) ? id : randomUUID(),
  };
}

/** The URL as the client wrote it, or why target and Host make none: the rules are those of the proxy and the cache in front. */
export function requestUrl(message: IncomingMessage, edge: EdgeInfo): URL | Failure {
  const target = message.url ?? "";
  // Of two Host headers node:http takes the first; what is behind or before it may take the other.
  const host = hostCount(message.rawHeaders) === 1 ? (message.headers.host ?? "") : "";
  const rule = brokenRule(target, host);
  if (rule !== null) return { code: TARGET_RULES[rule].code, detail: TARGET_RULES[rule].detail };
  // Put together before parsing: as a relative reference, `//other/x` would name another host.
  const text = `${edge.tls === "" ? "http" : "https"}://${host}${target}`;
  return URL.parse(text) ?? { code: "ERR_BAD_REQUEST", detail: TARGET_RULES.host.detail };
}

function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") count++;
  }
  return count;
}

/** The request as a function sees it: without the headers of the hop, without those of the edge itself, with its place in a trace. */
export function requestHead(message: IncomingMessage, url: URL, edge: EdgeInfo, trace: Trace): RequestHead {
  const headers = functionHeaders(message.rawHeaders);
  headers.push(...traceHeaders(trace));
  return { method: message.method ?? "GET", url: url.href, headers, edge };
}

function functionHeaders(rawHeaders: readonly string[]): [name: string, value: string][] {
  const list: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = functionName(rawHeaders[index] as string);
    if (name !== null) list.push([name, rawHeaders[index + 1] as string]);
  }
  return list;
}

/** Clients use few names over and over, and short ones; one that makes up its own costs no more than looking at it. */
const NAMES_MAX = 1_000;
const NAME_CHARS_MAX = 64;
const functionNames = new Map<string, string | null>();

/** The name under which a function sees a header; null for one that it does not see. */
function functionName(raw: string): string | null {
  const known = functionNames.get(raw);
  if (known !== undefined) return known;
  const name = raw.toLowerCase();
  const seen = HOP_BY_HOP.has(name) || REPLACED.has(name) || name.startsWith("x-edge-") ? null : name;
  if (functionNames.size < NAMES_MAX && raw.length <= NAME_CHARS_MAX) functionNames.set(raw, seen);
  return seen;
}

/** What of a function's headers goes out, as node:http's flat list. `x-edge-*` are the runner's alone: a function forges none. */
export function answerHeaders(headers: HeaderList, own: Readonly<Record<string, string>>): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower === "content-length" || lower in own || lower.startsWith("x-edge-")) continue;
    flat.push(name, value);
  }
  for (const [name, value] of Object.entries(own)) flat.push(name, value);
  return flat;
}

/** The length that headers promise of a body; undefined when they say nothing, or no number. */
export function declaredLength(headers: HeaderList): number | undefined {
  const value = headers.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Request line and headers as the client wrote them, bytes. */
export function requestHeaderBytes({ method = "", url = "", rawHeaders }: IncomingMessage): number {
  // `GET /path HTTP/1.1` and its line end; `: ` and a line end for each header.
  let bytes = method.length + url.length + 12 + 2 * rawHeaders.length;
  for (const text of rawHeaders) bytes += text.length;
  return bytes;
}
