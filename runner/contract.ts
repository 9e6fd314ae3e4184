/**
 * What a function is: an ES module whose default export is an {@link EdgeFunction}, or its `fetch` alone; or one that exports
 * functions named `fetch` (or `handler`) and `scheduled`. Types only; nothing is loaded at run time.
 */

export type { BindingError, EdgeCache, EdgeCaches, FunctionBinding, KvNamespace } from "./bindings/contract.ts";
export type { RedisClient } from "./bindings/redisContract.ts";
export type { SqlDatabase, SqlPreparedStatement } from "./bindings/sqlContract.ts";

/** What the edge knows of a request, from the node itself; a client cannot forge it. */
export interface EdgeInfo {
  /** Region that answers, `eu-central-1` for instance. */
  readonly region: string;
  /** ISO 3166-1 alpha-2 code of the client's country; `XX` when unknown or without a GeoIP database. */
  readonly country: string;
  /** Address of the client, IPv4 or IPv6. */
  readonly clientIp: string;
  /** TLS version of the client's connection, `TLSv1.3`; empty for plain HTTP. */
  readonly tls: string;
  /** HTTP version the client speaks, `HTTP/2.0`. */
  readonly http: string;
  /** Identifies this request in logs and in `x-request-id`. */
  readonly requestId: string;
}

/** A standard `Request` with `edge` beside it. */
export interface EdgeRequest extends Request {
  readonly edge: EdgeInfo;
}

export interface EdgeContext {
  /**
   * Keeps the function alive until `promise` settles, for up to 30 s after the response's body has ended or its client has gone.
   * Everything else that a request has begun ends with it: timers, sub-requests, streams. Of as many answered requests as the limit
   * `concurrency` says it goes on beside those that run; beyond that new requests wait for it in the function's queue.
   */
  waitUntil(promise: Promise<unknown>): void;
  /**
   * When the handler throws after this, the request goes to the origin that the stack config names under
   * `edge-fleet:functions.<name>.passThrough`: same method, path, query, headers and body, as a sub-request of the function. The
   * origin's answer, redirects included, is the answer. Without such an origin, once the body has been read, and for limits that
   * take the isolate away (CPU, heap), the answer is the typed error.
   */
  passThroughOnException(): void;
}

/** What a run of a schedule is told. */
export interface ScheduledEvent {
  readonly type: "scheduled";
  /** The expression of the schedule, as the stack config has it. */
  readonly cron: string;
  /** The time that the run is for, Unix time in ms; the run may begin later. */
  readonly scheduledTime: number;
  readonly scope: "fleet" | "region" | "node";
  /** Grows with each run of the schedule: whoever keeps the largest that it has seen can refuse what an older run still writes. */
  readonly fencing: number;
}

/** What a function can handle. `Env` as for {@link EdgeFunction}. */
export interface EdgeHandlers<Env = Readonly<Record<string, string | undefined>>> {
  fetch(request: EdgeRequest, env: Env, context: EdgeContext): Response | Promise<Response>;
  /** Runs on the schedules of the stack config; the run has ended well when the promise is fulfilled. */
  scheduled(event: ScheduledEvent, env: Env, context: EdgeContext): void | Promise<void>;
}

/**
 * The default export of a function: `fetch`, `scheduled` or both. `Env` names the plain variables, secrets and bindings that the
 * stack config gives it under `edge-fleet:functions.<name>`; a variable that is not declared there is undefined.
 *
 * Bodies stream both ways, no faster than their reader takes them. A response that is a stream sends its headers at once; when the
 * stream fails later, the client's connection is cut. `request.signal` aborts when the client goes, and the response's stream is
 * cancelled. A limit that fires inside the isolate throws a `LimitError`; when it escapes the handler, the answer is that limit's
 * typed error.
 */
export type EdgeFunction<Env = Readonly<Record<string, string | undefined>>> =
  | (Pick<EdgeHandlers<Env>, "fetch"> & Partial<EdgeHandlers<Env>>)
  | (Pick<EdgeHandlers<Env>, "scheduled"> & Partial<EdgeHandlers<Env>>);
