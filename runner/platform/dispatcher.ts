import { IdTable } from "../idTable.ts";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { HeaderList, RequestHead, ResponseHead, SubResponseHead } from "../protocol/messages.ts";
import { ANSWER_FLAGS, type FetchFailure, type IsolateEnter, TO_HOST, TO_ISOLATE } from "../worker/isolatePort.ts";
import { bound, boundFailed, forgetBindingCalls } from "./bindings/bindingCall.ts";
import { byteCount, exactBuffer } from "./bytes.ts";
import { closeLog, logLine, openLog } from "./console.ts";
import { errorText } from "./describe.ts";
import { utf8Length } from "./encoding.ts";
import { rejected } from "./events/globalEvents.ts";
import { BodyHolder, type BodySource, wholeOf } from "./fetch/bodyHolder.ts";
import { byteReader } from "./fetch/byteReader.ts";
import { fetched, fetchFailed, forgetSubRequests } from "./fetch/fetch.ts";
import { originRequest } from "./fetch/passThrough.ts";
import { incomingRequest, type Request } from "./fetch/request.ts";
import { isResponse, responseState } from "./fetch/response.ts";
import { ClientSignal } from "./fetch/signals.ts";
import { tellFired } from "./firedLimits.ts";
import { type Handlers, handlersOf } from "./handlers.ts";
import { closeCall, enterCall, host, openCall } from "./host.ts";
import { abortHostBodies, HostBody, hostBody } from "./hostBody.ts";
import { forgetJobs, jobDone, jobFailed } from "./jobs.ts";
import { LimitError } from "./limitError.ts";
import { freeze, jsonParse, plainJson, settle } from "./primordials.ts";
import { credited, pump, stopPumps } from "./pump.ts";
import { fireTimer, forgetTimers } from "./timers.ts";
import { lookNowAndThen } from "./wasm/live.ts";

/** Of one UTF-16 unit. */
const UTF8_BYTES_MAX = 3;

interface Call {
  readonly request: Request;
  readonly method: string;
  readonly client: ClientSignal;
  /** The answer, and each promise given to waitUntil. */
  pending: number;
  /** The client has its answer or has gone: what the handler still gives is nobody's. */
  closed: boolean;
  passThrough: boolean;
}

const NO_HANDLER =
  "the module exports no handler: write `export default { async fetch(request, env, ctx) { … } }`, or export a function named fetch or scheduled";

const NOT_SCHEDULED =
  "the function has schedules and no handler for them: write `export default { async scheduled(event, env, ctx) { … } }`";

const calls = new IdTable<Call>();
let handlers: Handlers = { fetch: undefined, scheduled: undefined };

/** Takes what the module exports. */
export function register(namespace: Readonly<Record<string, unknown>>): void {
  const { send, facts } = host();
  handlers = handlersOf(namespace);
  if (facts.isScheduled && handlers.scheduled === undefined) send(TO_HOST.startFailed, 0, 0, NOT_SCHEDULED);
  else if (handlers.fetch === undefined && handlers.scheduled === undefined)
    send(TO_HOST.startFailed, 0, 0, NO_HANDLER);
  else send(TO_HOST.started, 0, 0, "");
}

/** Every entry of the host comes through here; microtasks that follow belong to the same request. */
export const enter: IsolateEnter = (kind, call, id, text, body) => {
  enterCall(call);
  lookNowAndThen();
  switch (kind) {
    case TO_ISOLATE.invoke:
      return invoke(call, jsonParse(text), id === 1 ? new HostBody(call, 0) : wholeBody(body));
    case TO_ISOLATE.fetched:
      return fetched(call, id, jsonParse(text) as SubResponseHead, body);
    case TO_ISOLATE.fetchFailed:
      return fetchFailed(call, id, jsonParse(text) as FetchFailure);
    case TO_ISOLATE.timer:
      return fireTimer(call);
    case TO_ISOLATE.cancel:
      return cancel(call, id === 1);
    case TO_ISOLATE.part:
      return hostBody(call, id)?.push(body as ArrayBuffer);
    case TO_ISOLATE.partEnd:
      return hostBody(call, id)?.end({});
    case TO_ISOLATE.partFailed:
      return hostBody(call, id)?.end({ error: new TypeError(text) });
    case TO_ISOLATE.credit:
      return credited(call, id, Number(text));
    case TO_ISOLATE.jobDone:
      return jobDone(id, text, body);
    case TO_ISOLATE.jobFailed:
      return jobFailed(id, text);
    case TO_ISOLATE.bound:
      return bound(call, id, text, body);
    case TO_ISOLATE.boundFailed:
      return boundFailed(call, id, text);
    case TO_ISOLATE.rejected:
      return rejected(text);
  }
};

function wholeBody(body: ArrayBuffer | undefined): BodySource | undefined {
  return body === undefined ? undefined : new Uint8Array(body);
}

function invoke(call: number, head: RequestHead, source: BodySource | undefined): void {
  openCall(call);
  openLog(call);
  freeze(head.edge);
  const client = new ClientSignal();
  const request = incomingRequest(head, source === undefined ? null : new BodyHolder(source), client);
  const state: Call = { request, method: head.method, client, pending: 1, closed: false, passThrough: false };
  calls.set(call, state);
  const { scheduled } = head;
  const context = freeze({
    waitUntil: (promise: unknown) => waitUntil(call, promise),
    passThroughOnException: () => {
      state.passThrough = scheduled === undefined;
    },
  });
  const handle = scheduled === undefined ? handlers.fetch : handlers.scheduled;
  if (handle === undefined) {
    const missing = scheduled === undefined ? "fetch" : "scheduled";
    host().send(TO_HOST.invalidResponse, call, 0, `The function has no ${missing} handler.`);
    close(call);
    return;
  }
  try {
    settle(
      handle(
        scheduled === undefined ? request : freeze({ type: "scheduled", ...scheduled }),
        host().facts.env,
        context,
      ),
      (value) => (scheduled === undefined ? answer(call, value) : finished(call)),
      (error) => failed(call, error),
    );
  } catch (error) {
    failed(call, error);
  }
}

/** The handler threw, or what it gave cannot be sent. */
function failed(call: number, error: unknown): void {
  enterCall(call);
  const state = calls.get(call);
  if (state === undefined || state.closed) return;
  if (state.passThrough) {
    state.passThrough = false;
    const origin = originRequest(state.request, error);
    if (origin !== undefined) {
      settle(
        origin,
        (value) => answer(call, value),
        (reason) => failed(call, reason),
      );
      return;
    }
  }
  LimitError.report(call, error);
  close(call);
}

/** The scheduled handler has come to its end. */
function finished(call: number): void {
  if (calls.get(call)?.closed === false) reply(call, { status: 204, headers: [] });
}

function answer(call: number, value: unknown): void {
  const state = calls.get(call);
  if (state === undefined || state.closed) return;
  const { send, facts } = host();
  if (!isResponse(value) || value.type === "error") {
    const what = value === null ? "null" : isResponse(value) ? "Response.error()" : typeof value;
    send(TO_HOST.invalidResponse, call, 0, `The handler must return a Response, not ${what}.`);
    close(call);
    return;
  }
  try {
    const { status, list: headers, body } = responseState(value);
    const source = body === null ? undefined : body.take();
    if (source === undefined || state.method === "HEAD") {
      reply(call, { status, headers });
      if (source !== undefined) byteReader(source).cancel(undefined);
      return;
    }
    const whole = wholeOf(source);
    if (whole === undefined) {
      stream(call, { status, headers }, source);
    } else {
      const size = typeof whole === "string" ? textBytes(whole, facts.limits.responseBodyBytes) : byteCount(whole);
      if (size > facts.limits.responseBodyBytes) throw new LimitError("responseBodyBytes", size);
      if (size <= WINDOW_BYTES) reply(call, { status, headers }, whole);
      else stream(call, { status, headers: withLength(headers, size) }, source);
    }
  } catch (error) {
    failed(call, error);
  }
}

/** Bytes of a text; of one that is short in any case only how many it may have, which costs nothing to know. */
function textBytes(text: string, maxBytes: number): number {
  const mostBytes = text.length * UTF8_BYTES_MAX;
  return mostBytes <= WINDOW_BYTES && mostBytes <= maxBytes ? mostBytes : utf8Length(text);
}

/** The whole answer at once. */
function reply(call: number, head: ResponseHead, body?: string | Uint8Array<ArrayBuffer>): void {
  const state = calls.get(call) as Call;
  const text = plainJson(head);
  const bytes = typeof body === "object" ? exactBuffer(body) : body;
  // What may throw is done: from here on the answer goes out.
  state.closed = true;
  const over = --state.pending === 0;
  try {
    if (over) forget(call);
  } finally {
    host().send(TO_HOST.answer, call, over ? ANSWER_FLAGS.over : 0, text, bytes);
  }
}

/** The head at once, the body in parts as it comes and as its client takes it. */
function stream(call: number, head: ResponseHead, source: BodySource): void {
  const text = plainJson(head);
  const reader = byteReader(source);
  (calls.get(call) as Call).closed = true;
  host().send(TO_HOST.answer, call, ANSWER_FLAGS.streams, text);
  settle(pump(reader, call, 0), () => release(call), ignore);
}

function withLength(headers: HeaderList, bytes: number): HeaderList {
  return [...headers.filter(([name]) => name !== "content-length"), ["content-length", `${bytes}`]];
}

function ignore(): void {}

/** There is no answer to wait for any more. */
function close(call: number): void {
  const state = calls.get(call);
  if (state === undefined || state.closed) return;
  state.closed = true;
  release(call);
}

function waitUntil(call: number, promise: unknown): void {
  const state = calls.get(call);
  if (state === undefined) throw new Error("waitUntil was called after its request was over");
  state.pending++;
  settle(
    promise,
    () => release(call),
    (error) => {
      enterCall(call);
      logLine("error", `a promise given to waitUntil was rejected: ${errorText(error)}`);
      release(call);
    },
  );
}

/** Nobody waits for the answer; `now` also ends what was given to waitUntil. */
function cancel(call: number, now: boolean): void {
  const state = calls.get(call);
  if (state === undefined) return;
  state.client.abort();
  const { reason } = state.client.signal;
  abortHostBodies(call, () => reason);
  // A response that streams is closed already: its pump lets go of the call.
  stopPumps(call, () => reason);
  close(call);
  if (now) forget(call);
}

function release(call: number): void {
  const state = calls.get(call);
  if (state === undefined || --state.pending > 0) return;
  try {
    forget(call);
  } finally {
    // Whatever a function has made of the language: the host hears that the call is over.
    host().send(TO_HOST.done, call, 0, "");
  }
}

/** Made where somebody hears of it: an error takes its stack along, which costs as much as a small request. */
function requestIsOver(): TypeError {
  return new TypeError("The request is over");
}

function forget(call: number): void {
  calls.delete(call);
  closeCall(call);
  abortHostBodies(call, requestIsOver);
  stopPumps(call, requestIsOver);
  forgetJobs(call);
  forgetTimers(call);
  forgetSubRequests(call);
  forgetBindingCalls(call);
  closeLog(call);
  tellFired(call);
}
