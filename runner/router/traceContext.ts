import { randomFillSync } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Where a request stands in a distributed trace (W3C Trace Context, level 1). */
export interface Trace {
  /** 32 hex digits: the caller's, or new. */
  readonly traceId: string;
  /** 16 hex digits: the function's run, always new. */
  readonly spanId: string;
  /** Two hex digits; the lowest bit: someone records the trace. */
  readonly flags: string;
  /** The caller's `tracestate`, "" when there is none that is valid. */
  readonly state: string;
}

/** `version-traceid-parentid-flags`; a version that we do not know may go on after another dash. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZEROS = /^0+$/;
/** Who starts a trace here has it recorded: the log has its lines. */
const SAMPLED = "01";

const STATE_MEMBERS_MAX = 32;
const STATE_CHARS_MAX = 512;
const STATE_KEY = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
/** Printable ASCII without comma and equals sign, up to 256, the last one no space. */
const STATE_VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** The caller's trace goes on with a span of its own; where there is none, or one that is not valid, a new one begins. */
export function traceOf(headers: IncomingHttpHeaders): Trace {
  const parent = parseTraceparent(headers.traceparent);
  if (parent === undefined) return { traceId: randomHex(16), spanId: randomHex(8), flags: SAMPLED, state: "" };
  return { ...parent, spanId: randomHex(8), state: validState(headers.tracestate) };
}

export function traceparentOf({ traceId, spanId, flags }: Trace): string {
  return `00-${traceId}-${spanId}-${flags}`;
}

/** Headers that carry the trace on. */
export function traceHeaders(trace: Trace): [name: string, value: string][] {
  const parent: [string, string] = ["traceparent", traceparentOf(trace)];
  return trace.state === "" ? [parent] : [parent, ["tracestate", trace.state]];
}

/** Ids of one of our own `traceparent` headers, for log lines; none where it is empty. */
export function traceIds(traceparent: string): { readonly traceId?: string; readonly spanId?: string } {
  const [, traceId, spanId] = traceparent.split("-");
  return traceId === undefined || spanId === undefined ? {} : { traceId, spanId };
}

/** @returns undefined for anything that the recommendation calls invalid; repeated headers, joined, are too. */
export function parseTraceparent(value: unknown): { readonly traceId: string; readonly flags: string } | undefined {
  if (typeof value !== "string") return undefined;
  const [, version, traceId, parentId, flags, rest] = TRACEPARENT.exec(value) ?? [];
  if (version === undefined || traceId === undefined || parentId === undefined || flags === undefined) return undefined;
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (ZEROS.test(traceId) || ZEROS.test(parentId)) return undefined;
  // Of flags that we do not know none is passed on.
  return { traceId, flags: Number.parseInt(flags, 16) & 1 ? "01" : "00" };
}

/** The list as it came, or "" when a part of it is not valid or it is too long. */
export function validState(value: unknown): string {
  const text = Array.isArray(value) ? value.join(",") : value;
  if (typeof text !== "string" || text.length > STATE_CHARS_MAX) return "";
  const members = text
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
  const keys = new Set<string>();
  for (const member of members) {
    const at = member.indexOf("=");
    const key = member.slice(0, at);
    if (at < 1 || keys.has(key) || !STATE_KEY.test(key) || !STATE_VALUE.test(member.slice(at + 1))) return "";
    keys.add(key);
  }
  return members.length > STATE_MEMBERS_MAX ? "" : members.join(",");
}

/** Random bytes are taken from the system some hundred requests at a time. */
const POOL = Buffer.allocUnsafe(4_096);
let taken = POOL.length;

function randomHex(bytes: number): string {
  if (taken + bytes > POOL.length) {
    randomFillSync(POOL);
    taken = 0;
  }
  const text = POOL.toString("hex", taken, taken + bytes);
  taken += bytes;
  // Zeros alone mean that there is no id.
  return ZEROS.test(text) ? randomHex(bytes) : text;
}
