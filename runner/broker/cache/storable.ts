import type { HeaderList } from "../../protocol/messages.ts";
import { cacheControl, headerValue, seconds } from "./cacheControl.ts";

export interface StoredRequest {
  readonly url: string;
  readonly headers: HeaderList;
}

export interface StoredHead {
  readonly status: number;
  readonly headers: HeaderList;
}

/** How long an answer may be given again. */
export interface Freshness {
  /** Seconds from its making on. */
  readonly lifetime: number;
  /** Seconds that it was old already when it was stored. */
  readonly age: number;
}

/** Statuses that may be kept by the age of their content alone (RFC 9110, 15.1); 206 is never kept. */
const HEURISTIC = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);
/** Part of the age of its content for which an answer without a lifetime of its own is fresh, and the most of it, s. */
const HEURISTIC_PART = 0.1;
const HEURISTIC_MAX = 24 * 60 * 60;
/** Names of headers that an answer may vary by; one that names more is not kept. */
const VARY_MAX = 32;
/** Not of the answer but of the connection on which it came. */
const NOT_KEPT = new Set([
  "age",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Whether a shared cache may keep an answer, by RFC 9111; undefined when it may not, or when it would be stale at once: nothing is
 * validated here, so that what needs that is not kept.
 */
export function freshnessOf(
  request: StoredRequest,
  { status, headers }: StoredHead,
  nowMs: number,
): Freshness | undefined {
  const control = cacheControl(headers);
  const asked = cacheControl(request.headers);
  if (control.has("no-store") || control.has("private") || control.has("no-cache") || asked.has("no-store"))
    return undefined;
  if (status < 200 || status > 599 || status === 206 || status === 304) return undefined;
  if (headerValue(headers, "set-cookie") !== undefined) return undefined;
  const vary = varyOf(headers);
  if (vary.includes("*") || vary.length > VARY_MAX) return undefined;
  const mayShare = control.has("public") || control.has("s-maxage") || control.has("must-revalidate");
  if (headerValue(request.headers, "authorization") !== undefined && !mayShare) return undefined;
  const madeMs = dateOf(headers, "date") ?? nowMs;
  const told = seconds(headerValue(headers, "age") ?? "");
  const age = Math.max(told, (nowMs - madeMs) / 1_000, 0);
  const lifetime = lifetimeOf({ status, headers }, madeMs);
  return lifetime > age ? { lifetime, age } : undefined;
}

function lifetimeOf({ status, headers }: StoredHead, madeMs: number): number {
  const control = cacheControl(headers);
  const explicit = control.get("s-maxage") ?? control.get("max-age");
  if (explicit !== undefined) return seconds(explicit);
  if (headerValue(headers, "expires") !== undefined) return ((dateOf(headers, "expires") ?? 0) - madeMs) / 1_000;
  const changedMs = dateOf(headers, "last-modified");
  if (changedMs === undefined || !(HEURISTIC.has(status) || control.has("public"))) return 0;
  return Math.min(((madeMs - changedMs) / 1_000) * HEURISTIC_PART, HEURISTIC_MAX);
}

/** The headers that are kept with an answer: those that `connection` names are not. */
export function keptHeaders(headers: HeaderList): HeaderList {
  const named = new Set(parts(headerValue(headers, "connection") ?? "").map((name) => name.toLowerCase()));
  return headers.filter(([name]) => !NOT_KEPT.has(name.toLowerCase()) && !named.has(name.toLowerCase()));
}

/** Names of the request's headers that an answer varies by, each once and in one order. */
export function varyOf(headers: HeaderList): readonly string[] {
  const names = parts(headerValue(headers, "vary") ?? "").map((name) => name.toLowerCase());
  return [...new Set(names)].filter((name) => name !== "").sort();
}

/** What of a request an answer depends on: the values of the headers that it varies by, in one text. */
export function variantOf(vary: readonly string[], request: HeaderList): string {
  const given = new Map<string, string[]>(vary.map((name) => [name, []]));
  for (const [name, value] of request) given.get(name.toLowerCase())?.push(parts(value).join(","));
  const values = [...given.values()].map((found) => (found.length === 0 ? null : found.join(",")));
  return JSON.stringify([vary, values]);
}

/** What a request says of how old an answer may be: whether one of this age will do. */
export function accepts(request: HeaderList, { lifetime }: Freshness, ageNow: number): boolean {
  const asked = cacheControl(request);
  if (asked.has("no-cache") || asked.has("no-store")) return false;
  if (asked.size === 0 && headerValue(request, "pragma")?.toLowerCase().includes("no-cache")) return false;
  const maxAge = asked.get("max-age");
  if (maxAge !== undefined && ageNow > seconds(maxAge)) return false;
  return lifetime - ageNow > seconds(asked.get("min-fresh") ?? "0");
}

/** Whether a conditional request is answered by 304 (RFC 9110, 13): the answer's own validators against the request's. */
export function isNotModified(request: HeaderList, { status, headers }: StoredHead): boolean {
  if (status !== 200) return false;
  const tags = headerValue(request, "if-none-match");
  if (tags !== undefined) {
    const etag = headerValue(headers, "etag");
    const own = etag === undefined ? undefined : weak(etag);
    return tags.trim() === "*" || tags.split(",").some((tag) => weak(tag) === own);
  }
  const sinceMs = dateOf(request, "if-modified-since");
  const changedMs = dateOf(headers, "last-modified");
  return sinceMs !== undefined && changedMs !== undefined && changedMs <= sinceMs;
}

/**
 * What stands between the commas. A regular expression for the spaces around them would take a time that is the square of how many
 * there are.
 */
function parts(value: string): string[] {
  return value.split(",").map((part) => part.trim());
}

function weak(tag: string): string {
  return tag.trim().replace(/^W\//, "");
}

/** @returns undefined for what is no date. */
function dateOf(headers: HeaderList, name: string): number | undefined {
  const ms = Date.parse(headerValue(headers, name) ?? "");
  // Numbers and the like, which Date takes as well, are no dates of HTTP.
  return Number.isNaN(ms) || !/^[A-Z][a-z]{2}/.test(headerValue(headers, name) ?? "") ? undefined : ms;
}
