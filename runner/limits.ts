interface LimitRule {
  /** One line for people, with the unit. */
  readonly meaning: string;
  /** What a function gets that declares nothing, in a fleet that declares nothing. */
  readonly default: number;
  readonly floor: number;
  /** The most a stack config may grant. */
  readonly ceiling: number;
  /** HTTP status of the answer when the limit fires; null where it changes no answer. */
  readonly status: number | null;
}

const KB = 1024;
const MB = 1024 * KB;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** What a buffer of HAProxy's usual size holds with what the node adds on the way (`components/node/httpBounds.ts`). */
const HEAD = 13 * KB;

/**
 * The one table of limits: the runner enforces it, the stack config is checked against it.
 * Heap, CPU, start and sub-requests follow what hosted isolate platforms grant (128 MB; seconds of CPU; 1 s; 50); header
 * sizes what the proxies in front take.
 */
export const LIMITS = {
  heapMb: {
    meaning: "Heap of one isolate, with its WebAssembly memories, MB",
    default: 128,
    floor: 8,
    ceiling: 128,
    status: 503,
  },
  wallMs: {
    meaning:
      "Time from the request's arrival, or from the last part that the function took of a body that streams, to the response's headers, ms",
    default: 10 * SECOND,
    floor: 10,
    ceiling: 30 * SECOND,
    status: 504,
  },
  scheduledWallMs: {
    meaning: "Time of one run of the scheduled handler, ms",
    default: 30 * SECOND,
    floor: 10,
    ceiling: 15 * MINUTE,
    status: 504,
  },
  bodyIdleMs: {
    meaning: "Time between two parts of a request's or a response's body, ms",
    default: 30 * SECOND,
    floor: 10,
    ceiling: 5 * MINUTE,
    status: 408,
  },
  bodyTotalMs: {
    meaning: "Time for a whole request's or response's body, ms",
    default: 5 * MINUTE,
    floor: 10,
    ceiling: 60 * MINUTE,
    status: 408,
  },
  cpuMs: { meaning: "CPU time of one request, ms", default: SECOND, floor: 10, ceiling: 30 * SECOND, status: 503 },
  startMs: {
    meaning: "CPU time of the module's top level, ms",
    default: SECOND,
    floor: 10,
    ceiling: 5 * SECOND,
    status: 503,
  },
  concurrency: {
    meaning:
      "Requests at once on one node; more wait in a queue. What they gave to waitUntil goes on beside them for as many answered ones; beyond that it holds their places",
    default: 100,
    floor: 1,
    ceiling: 1_000,
    status: 503,
  },
  subRequests: {
    meaning: "Sub-requests of one request, redirects included",
    default: 50,
    floor: 0,
    ceiling: 1_000,
    status: 500,
  },
  functionCalls: {
    meaning:
      "Functions that run for one request from outside through bindings, at once or one after the other, all together",
    default: 32,
    floor: 0,
    ceiling: 256,
    status: 508,
  },
  bindingCalls: {
    meaning: "Operations of bindings in one request",
    default: 1_000,
    floor: 0,
    ceiling: 10_000,
    status: 500,
  },
  timers: { meaning: "Pending timers of one request", default: 1_000, floor: 0, ceiling: 10_000, status: 500 },
  hostWork: {
    meaning:
      "Jobs at once outside the isolate in each worker: cryptography that takes long, compression; more wait in a queue",
    default: 2,
    floor: 1,
    // Of the three that a worker runs, one is always left for other functions.
    ceiling: 2,
    status: 503,
  },
  requestHeaderBytes: {
    meaning: "Request line and headers of one request, bytes",
    default: HEAD,
    floor: KB,
    ceiling: HEAD,
    status: 431,
  },
  requestBodyBytes: {
    meaning: "Largest request body, bytes",
    default: 10 * MB,
    floor: 0,
    ceiling: 1_024 * MB,
    status: 413,
  },
  responseHeaderBytes: {
    meaning: "Headers of one response, bytes",
    default: HEAD,
    floor: KB,
    ceiling: HEAD,
    status: 502,
  },
  responseBodyBytes: {
    meaning: "Largest response body, bytes",
    default: 10 * MB,
    floor: KB,
    ceiling: 1_024 * MB,
    status: 502,
  },
  logBytes: {
    meaning: "Log text of one request, bytes; the rest is dropped and counted",
    default: 64 * KB,
    floor: 0,
    ceiling: MB,
    status: null,
  },
  assetBytes: {
    meaning: "All static assets of the function together, bytes; a function with more is in no release",
    default: 25 * MB,
    floor: 0,
    ceiling: 100 * MB,
    status: null,
  },
  bundleBytes: {
    meaning: "All modules of the function together, source maps apart, bytes; a larger function is in no release",
    default: 10 * MB,
    floor: KB,
    ceiling: 10 * MB,
    status: null,
  },
} as const satisfies Record<string, LimitRule>;

export type LimitName = keyof typeof LIMITS;

/** Limits that answer for a request when they fire. */
export type AnsweringLimit = {
  [Name in LimitName]: (typeof LIMITS)[Name]["status"] extends number ? Name : never;
}[LimitName];

export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

/** What a function may use, per function and per node, in the unit that each name ends with. */
export type FunctionLimits = Readonly<Record<LimitName, number>>;

export const DEFAULT_LIMITS = Object.fromEntries(
  LIMIT_NAMES.map((name) => [name, LIMITS[name].default]),
) as FunctionLimits;
