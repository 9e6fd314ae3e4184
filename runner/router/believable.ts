import { ERRORS, type Failure } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { type CallCost, type Frame, ISOLATE_EXITS, type Kind } from "../protocol/messages.ts";
import { LOG_LEVELS } from "../worker/isolatePort.ts";

const REPORTS: ReadonlySet<Kind> = new Set([
  "log",
  "limit",
  "isolateStarted",
  "isolateEnded",
  "over",
  "answer",
  "failed",
  "codeTaken",
  "stats",
]);
/** Characters of a log line that a worker sends, its stack included. */
const TEXT_CHARS_MAX = 64 * 1024;
const ID_CHARS_MAX = 128;
/** Versions whose heap grew since the last time. */
const PEAKS_MAX = 10_000;

/**
 * Whether a report can be one that our own code made. A worker lives with tenants' code: what it sends becomes labels, figures and
 * log lines of the router, which others share.
 */
export function isBelievable(frame: Frame): boolean {
  if (REPORTS.has(frame.kind) && (typeof frame.meta !== "object" || frame.meta === null)) return false;
  switch (frame.kind) {
    case "log": {
      const { level, text } = frame.meta;
      return LOG_LEVELS.includes(level) && isText(text, TEXT_CHARS_MAX) && hasIds(frame.meta);
    }
    case "limit":
      return (
        Object.hasOwn(LIMITS, frame.meta.limit) && areFigures(frame.meta.value, frame.meta.used) && hasIds(frame.meta)
      );
    case "begun":
      return Array.isArray(frame.meta) && frame.meta.every((id) => areFigures(id));
    case "isolateStarted":
      return frame.meta.after === null || ISOLATE_EXITS.includes(frame.meta.after);
    case "isolateEnded":
      return ISOLATE_EXITS.includes(frame.meta.exit);
    case "over":
      return isCost(frame.meta);
    case "answer":
      return frame.meta.cost === undefined || isCost(frame.meta.cost);
    case "failed":
      return isFailure(frame.meta);
    case "codeTaken":
      return areFigures(frame.meta.key) && typeof frame.meta.isTaken === "boolean";
    case "stats": {
      const { isolates, spare, rssBytes, heapPeaks } = frame.meta;
      if (!areFigures(isolates, spare, rssBytes) || !Array.isArray(heapPeaks) || heapPeaks.length > PEAKS_MAX)
        return false;
      return heapPeaks.every((peak) => Array.isArray(peak) && areFigures(...peak));
    }
    default:
      return true;
  }
}

function isCost({ key, cpuMs }: CallCost): boolean {
  return areFigures(key, cpuMs);
}

/** Of a worker: that a path takes other methods is none of its errors. */
function isFailure({ code, limit, value = 0, used = 0, detail = "", retryAfterSeconds = 0, allow }: Failure): boolean {
  if (!Object.hasOwn(ERRORS, code) || (limit !== undefined && !Object.hasOwn(LIMITS, limit))) return false;
  return allow === undefined && areFigures(value, used, retryAfterSeconds) && isText(detail, TEXT_CHARS_MAX);
}

function hasIds(ids: { readonly key: number; readonly requestId: string; readonly traceparent: string }): boolean {
  return areFigures(ids.key) && isText(ids.requestId, ID_CHARS_MAX) && isText(ids.traceparent, ID_CHARS_MAX);
}

function areFigures(...values: readonly unknown[]): boolean {
  return values.every((value) => Number.isFinite(value) && (value as number) >= 0);
}

function isText(value: unknown, charsMax: number): boolean {
  return typeof value === "string" && value.length <= charsMax;
}
