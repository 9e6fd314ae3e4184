import type { RequestHead, ResponseHead, SubResponseHead } from "../protocol/messages.ts";
import { type IsolateEnter, TO_HOST, TO_ISOLATE } from "../worker/isolatePort.ts";
import { BodyTooLarge, drain, takeBody } from "./body.ts";
import { errorText, forgetLogLines, logLine } from "./console.ts";
import { utf8Encode } from "./encoding.ts";
import { AbortController } from "./events.ts";
import { fetched, fetchFailed, forgetSubRequests } from "./fetch.ts";
import { headerList } from "./headers.ts";
import { enterCall, host } from "./host.ts";
import { freeze, jsonParse, jsonStringify, settle } from "./primordials.ts";
import { Request, SOURCE, withEdge } from "./request.ts";
import { Response } from "./response.ts";
import { fireTimer, forgetTimers } from "./timers.ts";

type Handler = (request: Request, env: object, context: object) => unknown;

interface Call {
  readonly abort: AbortController;
  /** The answer, and each promise given to waitUntil. */
  pending: number;
}

const calls = new Map<number, Call>();
let handler: Handler | undefined;

/** Takes the module's default export: an object with `fetch`, or a function. */
export function register(namespace: { readonly default?: unknown }): void {
  const { send } = host();
  const exported = namespace.default;
  if (typeof exported === "function") {
    handler = exported as Handler;
  } else if (typeof exported === "object" && exported !== null) {
    const method = (exported as { fetch?: unknown }).fetch;
    if (typeof method === "function") handler = (request, env, context) => method.call(exported, request, env, context);
  }
  if (handler === undefined) {
    send(
      TO_HOST.startFailed,
      0,
      0,
      "the default export has no fetch handler: export default { async fetch(request, env, ctx) { … } }",
    );
  } else {
    send(TO_HOST.started, 0, 0, "");
  }
}

/** Every entry of the host comes through here; microtasks that follow belong to the same request. */
export const enter: IsolateEnter = (kind, call, id, text, body) => {
  enterCall(call);
  switch (kind) {
    case TO_ISOLATE.invoke:
      return invoke(call, jsonParse(text), body);
    case TO_ISOLATE.fetched:
      return fetched(id, jsonParse(text) as SubResponseHead, body);
    case TO_ISOLATE.fetchFailed:
      return fetchFailed(id, text);
    case TO_ISOLATE.timer:
      return fireTimer(id);
    case TO_ISOLATE.cancel:
      return cancel(call);
  }
};

function invoke(call: number, head: RequestHead, body: ArrayBuffer | undefined): void {
  const state: Call = { abort: new AbortController(), pending: 1 };
  calls.set(call, state);
  const { send, facts } = host();
  const { method, url, headers, edge } = head;
  const failed = (error: unknown) => {
    enterCall(call);
    send(TO_HOST.threw, call, 0, errorText(error));
    release(call);
  };
  try {
    const { signal } = state.abort;
    const source = body === undefined ? null : new Uint8Array(body);
    const request = withEdge(new Request(url, { method, headers, signal, [SOURCE]: source }), freeze(edge));
    const context = freeze({ waitUntil: (promise: unknown) => waitUntil(call, promise) });
    settle(
      (handler as Handler)(request, facts.env, context),
      (value) => void answer(call, value, method === "HEAD"),
      failed,
    );
  } catch (error) {
    failed(error);
  }
}

async function answer(call: number, value: unknown, withoutBody: boolean): Promise<void> {
  const { send, facts } = host();
  try {
    if (!(value instanceof Response)) {
      send(
        TO_HOST.invalidResponse,
        call,
        0,
        `The handler must return a Response, not ${value === null ? "null" : typeof value}.`,
      );
      return;
    }
    const head: ResponseHead = { status: value.status, headers: headerList(value.headers) };
    const source = takeBody(value);
    const body =
      source === null || withoutBody
        ? undefined
        : typeof source === "string"
          ? source
          : await drain(source, facts.responseBodyBytes);
    const size = typeof body === "string" ? utf8Size(body, facts.responseBodyBytes) : (body?.byteLength ?? 0);
    if (size > facts.responseBodyBytes) throw new BodyTooLarge(size);
    const bytes = typeof body === "object" ? body.slice().buffer : body;
    send(TO_HOST.answer, call, 0, jsonStringify(head), bytes);
  } catch (error) {
    if (error instanceof BodyTooLarge) send(TO_HOST.responseTooLarge, call, error.size, "");
    else send(TO_HOST.threw, call, 0, errorText(error));
  } finally {
    release(call);
  }
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

function cancel(call: number): void {
  const state = calls.get(call);
  if (state === undefined) return;
  forget(call);
  state.abort.abort();
}

function release(call: number): void {
  const state = calls.get(call);
  if (state === undefined || --state.pending > 0) return;
  forget(call);
  host().send(TO_HOST.done, call, 0, "");
}

function forget(call: number): void {
  calls.delete(call);
  forgetTimers(call);
  forgetSubRequests(call);
  forgetLogLines(call);
}

/** UTF-8 size of a text, counted only where it could matter. */
function utf8Size(text: string, maxBytes: number): number {
  return text.length * 3 <= maxBytes ? text.length : utf8Encode(text).length;
}
