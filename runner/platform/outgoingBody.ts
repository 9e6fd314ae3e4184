import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { HostBody as HostBytes } from "../worker/isolatePort.ts";
import { byteCount, exactBuffer } from "./bytes.ts";
import { utf8Length } from "./encoding.ts";
import { type BodySource, wholeOf } from "./fetch/bodyHolder.ts";

interface Outgoing {
  /** What goes out with the head. */
  readonly whole: HostBytes;
  /** What the head says of a body that follows in parts; undefined when none does. */
  readonly streams: { readonly streams: true; readonly bodyBytes?: number } | undefined;
}

/** How a body leaves the isolate: up to a window of it with its head, more in parts. */
export function outgoing(source: BodySource | undefined): Outgoing {
  if (source === undefined) return { whole: undefined, streams: undefined };
  const whole = wholeOf(source);
  if (whole === undefined) return { whole: undefined, streams: { streams: true } };
  const bytes = typeof whole === "string" ? utf8Length(whole) : byteCount(whole);
  if (bytes > WINDOW_BYTES) return { whole: undefined, streams: { streams: true, bodyBytes: bytes } };
  return { whole: typeof whole === "string" ? whole : exactBuffer(whole), streams: undefined };
}
