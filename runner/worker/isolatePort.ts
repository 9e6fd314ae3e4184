import type { BindingFailure } from "../bindings/faults.ts";
import type { Bindings } from "../bindings/kinds.ts";
import type { FunctionLimits } from "../limits.ts";
import type { OverLimit } from "../protocol/messages.ts";

/** What crosses an isolate's border. Both sides import this file; only numbers, strings and ArrayBuffers cross. */

/** Calls out of an isolate, fire and forget: `(kind, call, id, text, body)`. */
export const TO_HOST = {
  /** The module's top level has run and exports a handler. */
  started: 1,
  /** `text` says why the module is no function. */
  startFailed: 2,
  /** `text` is a ResponseHead in JSON; `id` is a sum of ANSWER_FLAGS. */
  answer: 3,
  /** The handler threw; `text` is the stack. `id` is 0, or one more than the index in BINDING_FAULT_CODES of a binding's error. */
  threw: 4,
  /** The handler's result is no valid Response; `text` says why. */
  invalidResponse: 5,
  /** A limit fired inside the isolate and its error escaped; `text` is the limit's name, `id` what was used. */
  limit: 6,
  /** The answer is out and every promise given to waitUntil has settled. */
  done: 7,
  /** `text` is a SubRequestHead in JSON, with `streams` when its body follows in parts. */
  fetch: 8,
  fetchCancel: 9,
  /** The call wants a timer entry; `text` is in how many ms. It takes the place of an earlier wish. */
  timer: 10,
  /** `id` is an index into LOG_LEVELS. */
  log: 12,
  /** A part of a body; `id` is 0 for the call's response, or the sub-request that it goes out with. */
  part: 13,
  partEnd: 14,
  /** `text` says why the body is not whole. */
  partFailed: 15,
  /** `text` is a number of bytes; `id` is 0 for the call's request body, or the sub-request whose response is read. */
  credit: 16,
  /** `text` is a JobRequest in JSON. */
  job: 17,
  /** `id` is a compression stream that is not used any more. */
  codecEnd: 18,
  /** `id` is how many lines of the call's log were over its limit. */
  logDropped: 19,
  /** A limit fired that changed no answer by itself; `text` is its name, `id` what was used. */
  limitFired: 20,
  /** `text` is a BindingCall in JSON, with `streams` when its body follows in parts. `fetchCancel` ends it too. */
  bind: 21,
  /** `id` is how many bytes WebAssembly's memories have, outside of the heap. */
  wasmBytes: 40,
  /** The function listens for rejections that nobody takes: from now on the isolate wants to hear of them. */
  hearsRejections: 41,
} as const;

/** Of bodies: the call's own have id 0, those of sub-requests another. */
export const BODY_KINDS: ReadonlySet<number> = new Set([
  TO_HOST.part,
  TO_HOST.partEnd,
  TO_HOST.partFailed,
  TO_HOST.credit,
]);

export const ANSWER_FLAGS = {
  /** The body follows in parts. */
  streams: 1,
  /** Nothing of the call is left: it is done as well. */
  over: 2,
} as const;

/** Entries into an isolate, same shape. */
export const TO_ISOLATE = {
  /** `text` is a RequestHead in JSON; `id` is 1 when the body follows in parts. */
  invoke: 1,
  /** `text` is a SubResponseHead in JSON, with `streams` when the body follows in parts. */
  fetched: 2,
  /** `text` is a FetchFailure in JSON. */
  fetchFailed: 3,
  /** The call is woken, as it wished. */
  timer: 4,
  /** The client has gone or the router gave up; `id` is 1 when even promises given to waitUntil have had their time. */
  cancel: 5,
  /** As in TO_HOST; `id` is 0 for the call's request body, or the sub-request whose response it is a part of. */
  part: 6,
  partEnd: 7,
  partFailed: 8,
  credit: 9,
  /** `text` is a JobResult in JSON. */
  jobDone: 10,
  /** `text` is a JobFailure in JSON. */
  jobFailed: 11,
  /** `text` has the operation's result in JSON, with `streams` when a body follows in parts. */
  bound: 12,
  /** `text` is a BoundFailure in JSON. */
  boundFailed: 13,
  /** A rejection that nobody took; `text` is a Rejection in JSON. */
  rejected: 41,
} as const;

/** What is known of a rejection outside of its isolate: an error's texts, or another value if JSON has a form for it. */
export type Rejection =
  | { readonly error: { readonly name: string; readonly message: string; readonly stack: string } }
  | { readonly value?: unknown };

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** Text, or the bytes of data or WebAssembly. */
export type ModuleBody = string | ArrayBuffer;

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
  readonly configure: (factsJson: string, wallMs: number, monotonicMs: number, ...modules: ModuleBody[]) => void;
  /** Runs a module in its script form and takes its exports, instead of a module that asks for `REGISTER_GLOBAL`. */
  readonly run: (
    factory: (moduleValue: (name: string) => unknown) => Promise<Readonly<Record<string, unknown>>>,
  ) => void;
}

/** Why a sub-request failed. */
export interface FetchFailure {
  readonly message: string;
  readonly overLimit?: OverLimit | { readonly limit: "cpuMs"; readonly used: number };
}

/** Why an operation of a binding failed, as an isolate hears it. */
export type BoundFailure =
  | (BindingFailure & { readonly remedy: string })
  /** It was one more than the request may make, or the request has had its CPU time. */
  | { readonly limit: "bindingCalls" | "cpuMs"; readonly used: number };

/** What the platform is told of the function, as JSON. */
export interface BootFacts {
  readonly env: Readonly<Record<string, string>>;
  readonly bindings: Bindings;
  readonly limits: FunctionLimits;
  /** It has schedules. */
  readonly isScheduled: boolean;
  /** What the code may import that is no code; the bodies come beside the facts, in this order. */
  readonly modules: readonly { readonly name: string; readonly type: "wasm" | "text" | "data" }[];
  /** Origin that answers for the function when it throws after `passThroughOnException()`. */
  readonly passThrough: string | null;
}

/** Global through which the platform hands its registration to the first module; deleted before tenant code runs. */
export const REGISTER_GLOBAL = "__edgeRegister";
/** Global through which the platform's script hands over its boot function. */
export const BOOT_GLOBAL = "__edgeBoot";

/** Characters of one console line. */
export const LOG_LINE_CHARS_MAX = 4_096;
