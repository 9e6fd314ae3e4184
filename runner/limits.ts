/** What a function may use. Every figure is per function and per node. */
export interface FunctionLimits {
  /** V8 heap of one isolate, MB. */
  readonly heapMb: number;
  /** Wall time from the request's arrival at the router to the response's headers, ms. */
  readonly wallMs: number;
  /** CPU time one request may use, ms. */
  readonly cpuMs: number;
  /** Requests a function runs at once on one node; more wait in its queue. */
  readonly concurrency: number;
  /** Largest request body, bytes. */
  readonly requestBodyBytes: number;
  /** Largest response body, bytes. */
  readonly responseBodyBytes: number;
}

export type LimitName = keyof FunctionLimits;

interface LimitRule {
  /** One line for people, with the unit. */
  readonly meaning: string;
  /** What a function gets that declares nothing. */
  readonly default: number;
  readonly floor: number;
  /** The most a stack config may grant. */
  readonly ceiling: number;
  /** HTTP status of the answer when the limit fires. */
  readonly status: number;
}

const MB = 1024 * 1024;

/**
 * The one table of limits: the runner enforces it, the stack config is checked against it.
 * Heap and time follow what hosted isolate platforms grant (128 MB; seconds of CPU).
 */
export const LIMITS: Readonly<Record<LimitName, LimitRule>> = {
  heapMb: { meaning: "V8 heap of one isolate, MB", default: 128, floor: 8, ceiling: 128, status: 503 },
  wallMs: {
    meaning: "Time from the request's arrival to the response's headers, ms",
    default: 10_000,
    floor: 10,
    ceiling: 30_000,
    status: 504,
  },
  cpuMs: { meaning: "CPU time of one request, ms", default: 1_000, floor: 10, ceiling: 30_000, status: 503 },
  concurrency: {
    meaning: "Requests at once on one node; more wait in a queue",
    default: 100,
    floor: 1,
    ceiling: 1_000,
    status: 503,
  },
  requestBodyBytes: {
    meaning: "Largest request body, bytes",
    default: 10 * MB,
    floor: 0,
    ceiling: 100 * MB,
    status: 413,
  },
  responseBodyBytes: {
    meaning: "Largest response body, bytes",
    default: 10 * MB,
    floor: 1_024,
    ceiling: 100 * MB,
    status: 502,
  },
};

export const DEFAULT_LIMITS: FunctionLimits = {
  heapMb: LIMITS.heapMb.default,
  wallMs: LIMITS.wallMs.default,
  cpuMs: LIMITS.cpuMs.default,
  concurrency: LIMITS.concurrency.default,
  requestBodyBytes: LIMITS.requestBodyBytes.default,
  responseBodyBytes: LIMITS.responseBodyBytes.default,
};
