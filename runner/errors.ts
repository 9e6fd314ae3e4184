import { BINDING_FAULTS } from "./bindings/faults.ts";
import { type AnsweringLimit, type FunctionLimits, LIMITS, type LimitName } from "./limits.ts";

interface ErrorRule {
  /** HTTP status of the answer. */
  readonly status: number;
  /** What happened and what to do, for whoever reads the answer. */
  readonly gloss: string;
}

/** Every error that the runner itself answers with. Functions' own error responses pass unchanged. */
export const ERRORS = {
  ERR_BAD_REQUEST: {
    status: 400,
    gloss: "The request's target or Host header could be read in more ways than one, or in none.",
  },
  ERR_URI_TOO_LONG: { status: 414, gloss: "The request's path and query are longer than any function takes." },
  ERR_NO_ROUTE: { status: 404, gloss: "No function has a route for this host and path." },
  ERR_NO_VERSION: {
    status: 404,
    gloss: "The fleet keeps no such version of a function; `edge show <function>` lists those that it keeps.",
  },
  ERR_PREVIEW_TOKEN: {
    status: 403,
    gloss: "The token in x-edge-preview does not hold, or not any more; `edge preview <function>` makes one.",
  },
  ERR_METHOD_NOT_ALLOWED: { status: 405, gloss: "The path has functions, but none for this method." },
  ERR_REQUEST_TIMEOUT: { status: 408, gloss: "The request's headers did not come in time." },
  ERR_LOOP: {
    status: 508,
    gloss:
      "The request went out of functions and came back too often: a function asks for its own fleet's public name.",
  },
  ERR_NO_RELEASE: { status: 503, gloss: "This node has no active release yet; retry shortly." },
  ERR_NO_WORKER: { status: 503, gloss: "No worker could take the request in time; retry shortly." },
  ERR_OVERLOADED: { status: 503, gloss: "The node holds as many request bodies as it may; retry shortly." },
  ERR_POLICY_UNAVAILABLE: {
    status: 503,
    gloss: "The function's policies cannot be applied at this moment, so that nothing passes; retry shortly.",
  },
  ERR_LIMIT_HEAP_MB: { status: LIMITS.heapMb.status, gloss: "The function used more heap than it may." },
  ERR_LIMIT_WALL_MS: { status: LIMITS.wallMs.status, gloss: "The function did not answer within its wall time." },
  ERR_LIMIT_SCHEDULED_WALL_MS: {
    status: LIMITS.scheduledWallMs.status,
    gloss: "The scheduled handler did not end within its wall time; no client sees this.",
  },
  ERR_LIMIT_BODY_IDLE_MS: {
    status: LIMITS.bodyIdleMs.status,
    gloss: "The body came to a standstill for longer than it may.",
  },
  ERR_LIMIT_BODY_TOTAL_MS: { status: LIMITS.bodyTotalMs.status, gloss: "The body took longer as a whole than it may." },
  ERR_LIMIT_CPU_MS: { status: LIMITS.cpuMs.status, gloss: "The request used more CPU time than it may." },
  ERR_LIMIT_START_MS: {
    status: LIMITS.startMs.status,
    gloss: "The function's top level used more CPU time than it may.",
  },
  ERR_LIMIT_CONCURRENCY: {
    status: LIMITS.concurrency.status,
    gloss: "The function runs as many requests as it may, work given to waitUntil included, and its queue is full.",
  },
  ERR_LIMIT_SUB_REQUESTS: {
    status: LIMITS.subRequests.status,
    gloss: "The request made more sub-requests than it may.",
  },
  ERR_LIMIT_FUNCTION_CALLS: {
    status: LIMITS.functionCalls.status,
    gloss: "The request ran more functions through bindings than it may; do they call each other in a circle?",
  },
  ERR_LIMIT_BINDING_CALLS: {
    status: LIMITS.bindingCalls.status,
    gloss: "The request made more operations of bindings than it may.",
  },
  ERR_LIMIT_TIMERS: { status: LIMITS.timers.status, gloss: "The request has more pending timers than it may." },
  ERR_LIMIT_HOST_WORK: {
    status: LIMITS.hostWork.status,
    gloss: "The function has as many host jobs running as it may, and their queue is full.",
  },
  ERR_LIMIT_REQUEST_HEADER_BYTES: {
    status: LIMITS.requestHeaderBytes.status,
    gloss: "The request's headers are larger than the function takes.",
  },
  ERR_LIMIT_REQUEST_BODY_BYTES: {
    status: LIMITS.requestBodyBytes.status,
    gloss: "The request's body is larger than the function takes.",
  },
  ERR_LIMIT_RESPONSE_HEADER_BYTES: {
    status: LIMITS.responseHeaderBytes.status,
    gloss: "The function's response headers are larger than they may be.",
  },
  ERR_LIMIT_RESPONSE_BODY_BYTES: {
    status: LIMITS.responseBodyBytes.status,
    gloss: "The function's response is larger than it may be.",
  },
  ...BINDING_FAULTS,
  ERR_FUNCTION_DISABLED: { status: 503, gloss: "The function is switched off on this node." },
  ERR_FUNCTION_QUARANTINED: {
    status: 503,
    gloss: "The function took down worker processes of its own again and again; it is tried again later.",
  },
  ERR_FUNCTION_THREW: { status: 500, gloss: "The function threw; its log has the stack." },
  ERR_SECRET_UNAVAILABLE: {
    status: 503,
    gloss: "A secret of the function is not on this node; the node's log says which one and why.",
  },
  ERR_FUNCTION_START: { status: 503, gloss: "The function's isolate could not be started; its log says why." },
  ERR_FUNCTION_RESPONSE: { status: 502, gloss: "The function's answer is not a valid Response." },
  ERR_ISOLATE_LOST: {
    status: 502,
    gloss: "Another request broke a limit in the same isolate; this one had begun and cannot be repeated safely.",
  },
  ERR_WORKER_LOST: {
    status: 502,
    gloss: "The worker process died; the request had begun and cannot be repeated safely.",
  },
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof ERRORS;

/** What is known of one failure; the router turns it into the answer. */
export interface Failure {
  readonly code: ErrorCode;
  /** The limit that fired, when one did. */
  readonly limit?: LimitName;
  /** The limit's value and what was used, in the limit's own unit. */
  readonly value?: number;
  readonly used?: number;
  /** Methods that the path takes, for the header `allow`. */
  readonly allow?: readonly string[];
  /** More than the code's gloss says, safe to show to a client. */
  readonly detail?: string;
  /** When it is worth asking again; a second after a 503 that does not say. */
  readonly retryAfterSeconds?: number;
}

const LIMIT_CODES = {
  heapMb: "ERR_LIMIT_HEAP_MB",
  wallMs: "ERR_LIMIT_WALL_MS",
  scheduledWallMs: "ERR_LIMIT_SCHEDULED_WALL_MS",
  bodyIdleMs: "ERR_LIMIT_BODY_IDLE_MS",
  bodyTotalMs: "ERR_LIMIT_BODY_TOTAL_MS",
  cpuMs: "ERR_LIMIT_CPU_MS",
  startMs: "ERR_LIMIT_START_MS",
  concurrency: "ERR_LIMIT_CONCURRENCY",
  subRequests: "ERR_LIMIT_SUB_REQUESTS",
  functionCalls: "ERR_LIMIT_FUNCTION_CALLS",
  bindingCalls: "ERR_LIMIT_BINDING_CALLS",
  timers: "ERR_LIMIT_TIMERS",
  hostWork: "ERR_LIMIT_HOST_WORK",
  requestHeaderBytes: "ERR_LIMIT_REQUEST_HEADER_BYTES",
  requestBodyBytes: "ERR_LIMIT_REQUEST_BODY_BYTES",
  responseHeaderBytes: "ERR_LIMIT_RESPONSE_HEADER_BYTES",
  responseBodyBytes: "ERR_LIMIT_RESPONSE_BODY_BYTES",
} as const satisfies Record<AnsweringLimit, ErrorCode>;

/** The failure of a limit that fired with `used` of `limits[limit]`. */
export function limitFailure(limit: AnsweringLimit, limits: FunctionLimits, used: number): Failure {
  return { code: LIMIT_CODES[limit], limit, value: limits[limit], used: Math.round(used) };
}

/** Who was asked, as far as known when the failure happened. */
export interface FailureScope {
  readonly function?: string;
  readonly version?: string;
  readonly requestId: string;
}

/** The JSON body of the runner's error answers. */
export function errorBody(failure: Failure, scope: FailureScope): string {
  const { code, limit, value, used, detail } = failure;
  const gloss = ERRORS[code].gloss;
  const figures = limit === undefined ? "" : ` ${limit}: ${used} of ${value}.`;
  const docs = limit === undefined ? `docs/errors.md#${code.toLowerCase()}` : `docs/limits.md#${limit.toLowerCase()}`;
  const message = `${gloss}${figures}${detail === undefined ? "" : ` ${detail}`}`;
  return `${JSON.stringify({ error: { code, limit, value, used, message, docs }, ...scope })}\n`;
}
