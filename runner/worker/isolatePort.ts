/** What crosses an isolate's border. Both sides import this file; only numbers, strings and ArrayBuffers cross. */

/** Calls out of an isolate, fire and forget: `(kind, call, id, text, body)`. */
export const TO_HOST = {
  /** The module's top level has run and its default export is a handler. */
  started: 1,
  /** `text` says why the module is no function. */
  startFailed: 2,
  /** `text` is a ResponseHead in JSON. */
  answer: 3,
  /** The handler threw; `text` is the stack. */
  threw: 4,
  /** The handler's result is no valid Response; `text` says why. */
  invalidResponse: 5,
  /** The response body is over its limit; `id` is the size so far. */
  responseTooLarge: 6,
  /** The answer is out and every promise given to waitUntil has settled. */
  done: 7,
  /** `text` is a SubRequestHead in JSON. */
  fetch: 8,
  fetchCancel: 9,
  /** `text` is the delay, ms. */
  timer: 10,
  timerClear: 11,
  /** `id` is an index into LOG_LEVELS. */
  log: 12,
} as const;

/** Entries into an isolate, same shape. */
export const TO_ISOLATE = {
  /** `text` is a RequestHead in JSON. */
  invoke: 1,
  /** `text` is a SubResponseHead in JSON. */
  fetched: 2,
  /** `text` is the message. */
  fetchFailed: 3,
  timer: 4,
  /** The client has gone or the router gave up. */
  cancel: 5,
} as const;

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type HostBody = string | ArrayBuffer | undefined;
export type HostSend = (kind: number, call: number, id: number, text: string, body?: HostBody) => void;
export type IsolateEnter = (kind: number, call: number, id: number, text: string, body?: ArrayBuffer) => void;

/** An entry as the host makes it: with the time of day and the monotonic time, ms, that it is for the code that runs in it. */
export type HostEnter = (
  kind: number,
  call: number,
  id: number,
  text: string,
  wallMs: number,
  monotonicMs: number,
  body?: ArrayBuffer,
) => void;

/** The ways into an isolate. `configure` comes before tenant code, with BootFacts in JSON. */
export interface IsolatePort {
  /** For entries that run on the host's own thread. */
  readonly now: HostEnter;
  /** For entries that run on another one. */
  readonly later: HostEnter;
  readonly configure: (factsJson: string, wallMs: number, monotonicMs: number) => void;
}

/** What the platform is told of the function, as JSON. */
export interface BootFacts {
  readonly env: Readonly<Record<string, string>>;
  readonly responseBodyBytes: number;
}

/** Global through which the platform hands its registration to the first module; deleted before tenant code runs. */
export const REGISTER_GLOBAL = "__edgeRegister";
/** Global through which the platform's script hands over its boot function. */
export const BOOT_GLOBAL = "__edgeBoot";

/** Sub-requests of one request. Cloudflare's free plan grants 50. */
export const SUB_REQUESTS_MAX = 50;
/** Timers of one isolate that may be pending at once. */
export const TIMERS_MAX = 1_000;
/** Console lines of one request; the rest is dropped and counted. */
export const LOG_LINES_MAX = 100;
/** Characters of one console line. */
export const LOG_LINE_CHARS_MAX = 4_096;
