import type { BindingFailure } from "../bindings/faults.ts";
import type { BindingKind, Bindings } from "../bindings/kinds.ts";
import type { EdgeInfo } from "../contract.ts";
import type { Failure } from "../errors.ts";
import type { FunctionLimits, LimitName } from "../limits.ts";
import type { ModuleType } from "../release/types.ts";
import type { RunOrder } from "../schedules/schedule.ts";

/** Header names and values in order; repeated names stay apart, as `set-cookie` needs. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** What a worker has a use for. */
export type RunnableType = Exclude<ModuleType, "map">;

/** A function version as a worker is given it. */
export interface FunctionSource {
  readonly name: string;
  readonly version: string;
  readonly entry: string;
  readonly limits: FunctionLimits;
  readonly env: Readonly<Record<string, string>>;
  readonly bindings: Bindings;
  /** It has schedules: its module must handle them. */
  readonly isScheduled: boolean;
  /** Origin that answers when the function throws after `passThroughOnException()`, `https://host[:port]`. */
  readonly passThrough: string | null;
  /** The modules, source maps apart, in the order in which the body holds them. */
  readonly modules: readonly { readonly name: string; readonly type: RunnableType; readonly bytes: number }[];
}

/** What a run of a schedule is told. */
export type ScheduledEvent = Pick<RunOrder, "cron" | "scope" | "scheduledTime" | "fencing">;

export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderList;
  readonly edge: EdgeInfo;
  /** It is for the scheduled handler, and nobody's request. */
  readonly scheduled?: ScheduledEvent;
}

export interface ResponseHead {
  readonly status: number;
  readonly headers: HeaderList;
}

export interface StartOutcome {
  readonly ok: boolean;
  /** Why not, with file and line where known. */
  readonly reason?: string;
}

/** Why an isolate ended; the closed list that logs and metrics use. */
export const ISOLATE_EXITS = ["cpu", "heap", "slice", "idle", "evicted", "unloaded", "start-failed"] as const;
export type IsolateExit = (typeof ISOLATE_EXITS)[number];

export interface LogLine {
  readonly key: number;
  readonly requestId: string;
  /** The request's trace and span, as in its `traceparent` header. */
  readonly traceparent: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

export interface WorkerStats {
  /** Isolates that hold a function. */
  readonly isolates: number;
  /** Isolates that are ready for any function. */
  readonly spare: number;
  readonly rssBytes: number;
  /** Key and largest heap so far of each function version whose peak grew since the last time. */
  readonly heapPeaks: readonly (readonly [key: number, bytes: number])[];
}

/** A limit that changed no answer, or not by itself: what the function caught, what fired after the head was out. */
export interface LimitEvent {
  readonly key: number;
  readonly requestId: string;
  readonly traceparent: string;
  readonly limit: LimitName;
  /** In the limit's own unit. */
  readonly value: number;
  readonly used: number;
}

export interface SubRequestHead {
  readonly url: string;
  readonly method: string;
  readonly headers: HeaderList;
  readonly redirect: "follow" | "manual" | "error";
  /** Length of a body that streams, where it is known. */
  readonly bodyBytes?: number;
  /** Binding of the kind function whose function answers, instead of somebody outside of the node. */
  readonly binding?: string;
}

/** A limit that a sub-request would have gone over; null where only the worker knows by how much. */
export interface OverLimit {
  readonly limit: "subRequests" | "functionCalls";
  readonly used: number | null;
}

export interface SubResponseHead extends ResponseHead {
  /** What an origin says beside the status; empty where it says nothing, as over HTTP/2. */
  readonly statusText: string;
  readonly url: string;
  readonly redirected: boolean;
  /** Redirects that were followed. */
  readonly hops: number;
}

/** What one function may do in one worker slot. */
export interface EgressGrant {
  readonly slot: number;
  readonly function: string;
  /** Hosts that it may reach; null allows every public one. */
  readonly allow: readonly string[] | null;
  readonly bindings: Bindings;
}

/** An operation of a binding as an isolate asks for it. */
export interface BindingCall {
  /** The binding's name in `env`. */
  readonly binding: string;
  readonly operation: string;
  readonly args: unknown;
  /** Length of a body that streams, where it is known. */
  readonly bodyBytes?: number;
}

/** What operations of one kind came to for a function version; counts since the last of these. */
export interface BindingFigures {
  readonly key: number;
  readonly kind: BindingKind;
  /** Counts by operation and outcome: `answered`, `cancelled`, or the code of the fault. */
  readonly counts: readonly (readonly [operation: string, outcome: string, count: number])[];
  /** How many took how long, by the buckets of the metric, and how long all took. */
  readonly buckets: readonly number[];
  readonly seconds: number;
}

/** What the sub-requests of a function version came to; counts since the last of these. */
export interface EgressFigures {
  /** 0 where a worker claimed a function that it does not run. */
  readonly key: number;
  readonly answered: number;
  readonly failed: number;
  readonly timedOut: number;
  readonly cancelled: number;
  readonly refusals: Readonly<Record<string, number>>;
  /** Bytes of bodies, as the function sees them. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** A body that is not whole in the frame with its head: `part` frames with the same id follow. */
export interface Streamable {
  readonly streams?: true;
}

/** What a request has used when it is over, the work given to waitUntil included. */
export interface CallCost {
  readonly key: number;
  readonly cpuMs: number;
  /** Whether it had to wait for an isolate. */
  readonly cold: boolean;
}

/**
 * What travels between router, workers and broker: for each kind, the JSON part of its frame. A frame has an id beside it
 * (`key` of a function version, or a call, or a fetch) and a body of bytes. Small bodies travel whole with their heads, others
 * in parts under credit (`credit.ts`), on both links and in both directions with the same four kinds.
 */
export interface Messages {
  // Router to worker. `load` and `unload`: id is the function's key. The body of `load` has the modules one after the other.
  load: FunctionSource;
  unload: null;
  /** The compiled form of the function's one module: its text as a script, then V8's code cache. The id is the function's key. */
  script: { readonly scriptBytes: number };
  /** Starts the version; `keep`: its isolate stays, ready for the first request. */
  probe: { readonly keep: boolean };
  /** The body begins with a RequestHead in JSON, which the worker hands on as it is; the request's own body follows. */
  invoke: { readonly key: number; readonly headBytes: number } & Streamable;
  /** The client has gone or the router gave up; only what was given to waitUntil goes on. */
  cancel: null;
  // Worker to router. `begun` goes out before tenant code runs, for a turn's calls at once; `effect` before the first sub-request.
  hello: { readonly slot: number; readonly pid: number };
  /** Router's numbers of the calls whose code runs next. */
  begun: readonly number[];
  effect: null;
  /** `cost` when nothing of the call is left in the worker: no `over` follows. */
  answer: { readonly head: ResponseHead; readonly cost?: CallCost } & Streamable;
  failed: Failure;
  probed: StartOutcome;
  /** `after`: how the version's isolate before this one ended in this worker; null when it is the first. */
  isolateStarted: { readonly key: number; readonly after: IsolateExit | null };
  isolateEnded: { readonly key: number; readonly exit: IsolateExit };
  log: LogLine;
  limit: LimitEvent;
  stats: WorkerStats;
  /** Whether V8 took the code cache that came with `script`. */
  codeTaken: { readonly key: number; readonly isTaken: boolean };
  /** `key`: the version whose code cannot be stopped. */
  retiring: { readonly key: number; readonly reason: string };
  /** Nothing of the call is left in the worker. */
  over: CallCost;
  // Worker to broker, and back. The id is the worker's own number of the sub-request; `caller` is the router's number of the request
  // that makes it.
  fetch: SubRequestHead & { readonly key: number; readonly caller: number } & Streamable;
  fetchCancel: null;
  /** The broker asks for each redirect whether it may follow it: the worker counts what its requests have left. */
  hop: null;
  hopAllowed: { readonly isAllowed: boolean };
  fetched: SubResponseHead & Streamable;
  /** `overLimit`: it would have taken more than the request has left. */
  fetchFailed: { readonly message: string; readonly overLimit?: OverLimit };
  /** An operation of a binding. It streams, is cancelled and ends as a sub-request does, and its id is of the same count. */
  bind: BindingCall & { readonly key: number } & Streamable;
  bound: { readonly result: unknown } & Streamable;
  boundFailed: BindingFailure;
  /** The first that a worker hears of the broker. */
  brokerHello: null;
  // Router to broker, and back. The id of a grant is the function's key.
  grantHello: { readonly token: string };
  grant: EgressGrant;
  revoke: { readonly slot: number };
  egressFigures: { readonly functions: readonly EgressFigures[] };
  bindingFigures: { readonly kinds: readonly BindingFigures[] };
  // Router to compiler, and back. The id is the router's own number; bodies are a module, and what `script` brings.
  compile: null;
  compiled: { readonly scriptBytes: number };
  notCompiled: { readonly reason: string };
  // Either way on either link, for a body that streams. The id is the call's, or the sub-request's.
  part: null;
  partEnd: null;
  /** The body ends here and is not whole. */
  partFailed: { readonly message: string };
  credit: { readonly bytes: number };
}

export type Kind = keyof Messages;

/** Codes on the wire; never reused for another meaning. */
export const KIND_CODES: Readonly<Record<Kind, number>> = {
  load: 1,
  unload: 2,
  probe: 3,
  invoke: 4,
  cancel: 5,
  script: 6,
  hello: 16,
  begun: 17,
  effect: 18,
  answer: 19,
  failed: 20,
  probed: 21,
  isolateEnded: 22,
  log: 23,
  stats: 24,
  retiring: 25,
  over: 26,
  isolateStarted: 27,
  limit: 28,
  codeTaken: 29,
  fetch: 32,
  fetchCancel: 33,
  fetched: 34,
  fetchFailed: 35,
  brokerHello: 36,
  hop: 37,
  hopAllowed: 38,
  bind: 60,
  bound: 61,
  boundFailed: 62,
  grantHello: 40,
  grant: 41,
  revoke: 42,
  egressFigures: 43,
  bindingFigures: 44,
  compile: 56,
  compiled: 57,
  notCompiled: 58,
  part: 48,
  partEnd: 49,
  partFailed: 50,
  credit: 51,
};

export type Frame = {
  [K in Kind]: { readonly kind: K; readonly id: number; readonly meta: Messages[K]; readonly body: Buffer };
}[Kind];

export type BodyFrame = Extract<Frame, { kind: "part" | "partEnd" | "partFailed" | "credit" }>;
