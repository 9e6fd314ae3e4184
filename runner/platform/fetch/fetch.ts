import type { Streamable, SubRequestHead, SubResponseHead } from "../../protocol/messages.ts";
import { type FetchFailure, TO_HOST } from "../../worker/isolatePort.ts";
import { type AbortSignal, whenAborted } from "../events/abort.ts";
import { callFor, host, nextId } from "../host.ts";
import { HostBody, hostBody } from "../hostBody.ts";
import { LimitError } from "../limitError.ts";
import { outgoing } from "../outgoingBody.ts";
import { construct, plainJson, safeMap, settle, sliceText, uncurryThis } from "../primordials.ts";
import { pump, stopPump } from "../pump.ts";
import { needArguments } from "../webidl.ts";
import { BodyHolder, type BodySource } from "./bodyHolder.ts";
import { byteReader } from "./byteReader.ts";
import { readDataUrl } from "./dataUrl.ts";
import { drain } from "./extractBody.ts";
import type { Header } from "./headerList.ts";
import { isIntact } from "./integrity.ts";
import { abortSignalsOf, Request, type RequestState, requestState } from "./request.ts";
import { fetchedResponse, type Response, responseState } from "./response.ts";

interface Waiting {
  readonly call: number;
  /** A HEAD request's answer has no body, whatever its headers say. */
  readonly isHead: boolean;
  /** The body of its answer. A signal may live long, and must not keep it. */
  answer: WeakRef<BodyHolder> | undefined;
  resolve(response: Response): void;
  reject(error: unknown): void;
}

const WeakRefClass = WeakRef;
const deref: (ref: WeakRef<BodyHolder>) => BodyHolder | undefined = uncurryThis(WeakRef.prototype.deref);
const waiting = safeMap<number, Waiting>();
const countByCall = safeMap<number, number>();

/** Fetch's `fetch`; the request leaves through the broker, which refuses addresses that are not public. */
export async function fetch(input: unknown, init: unknown = undefined): Promise<Response> {
  needArguments(arguments.length, 1, "fetch");
  return begin(undefined, input, init);
}

/** The same, answered by the function behind a binding. */
export async function fetchThrough(binding: string, input: unknown, init: unknown): Promise<Response> {
  return begin(binding, input, init);
}

/** What is wrong from the first is thrown at once, so that the promise of the caller is rejected when it gets it. */
function begin(binding: string | undefined, input: unknown, init: unknown): Promise<Response> {
  const request = new Request(input, init);
  const state = requestState(request);
  const signals = abortSignalsOf(request);
  for (let index = 0; index < signals.length; index++) {
    const { aborted, reason } = signals[index] as AbortSignal;
    if (!aborted) continue;
    if (state.body !== null && !state.body.isUnusable) byteReader(state.body.take()).cancel(reason);
    throw reason;
  }
  const { integrity } = state.options;
  const isData = binding === undefined && sliceText(state.url, 0, 5) === "data:";
  const response = isData ? dataResponse(state) : sendOut(state, signals, binding);
  return integrity === "" ? response : intact(response, integrity);
}

async function dataResponse({ url, method }: RequestState): Promise<Response> {
  const { type, bytes } = readDataUrl(url);
  return fetchedResponse({
    status: 200,
    statusText: "OK",
    url: withoutFragment(url),
    redirected: false,
    list: [["content-type", type]],
    body: method === "HEAD" ? null : new BodyHolder(bytes),
  });
}

/** @throws TypeError when the bytes are not what the request says of them */
async function intact(coming: Promise<Response>, integrity: string): Promise<Response> {
  const { body, ...rest } = responseState(await coming);
  const bytes = body === null ? new Uint8Array(0) : await drain(body.take());
  if (!(await isIntact(bytes, integrity))) throw new TypeError(`What ${rest.url} gave does not fit its integrity`);
  return fetchedResponse({ ...rest, body: body === null ? null : new BodyHolder(bytes) });
}

function sendOut(state: RequestState, signals: readonly AbortSignal[], binding: string | undefined): Promise<Response> {
  const call = callFor("fetch");
  const count = (countByCall.get(call) ?? 0) + 1;
  if (count > host().facts.limits.subRequests) throw new LimitError("subRequests", count);
  countByCall.set(call, count);
  const id = nextId();
  return new Promise((resolve, reject) => {
    const entry: Waiting = { call, isHead: state.method === "HEAD", answer: undefined, resolve, reject };
    waiting.set(id, entry);
    for (let index = 0; index < signals.length; index++) {
      const signal = signals[index] as AbortSignal;
      whenAborted(signal, () => {
        abort(call, id, signal.reason);
        if (entry.answer !== undefined) deref(entry.answer)?.abort(signal.reason);
      });
    }
    send(call, id, state, binding);
  });
}

function send(call: number, id: number, state: RequestState, binding: string | undefined): void {
  const { url, method, list, options, body } = state;
  const source = body === null ? undefined : body.take();
  const { whole, streams } = outgoing(source);
  const head: SubRequestHead & Streamable = {
    url,
    method,
    headers: list,
    redirect: options.redirect,
    ...(binding === undefined ? {} : { binding }),
    ...streams,
  };
  host().send(TO_HOST.fetch, call, id, plainJson(head), whole);
  if (streams !== undefined && source !== undefined) settle(pump(byteReader(source), call, id), ignore, ignore);
}

/** The caller wants no more of it, whether its answer is there or not. */
function abort(call: number, id: number, reason: unknown): void {
  const body = hostBody(call, id);
  const entry = take(id);
  if (entry === undefined && body === undefined) return;
  host().send(TO_HOST.fetchCancel, call, id, "");
  stopPump(call, id, reason);
  body?.abort(reason);
  entry?.reject(reason);
}

export function fetched(
  call: number,
  id: number,
  head: SubResponseHead & Streamable,
  body: ArrayBuffer | undefined,
): void {
  const entry = take(id);
  const { url, redirected, status, statusText, headers, streams, hops } = head;
  countByCall.set(call, (countByCall.get(call) ?? 0) + hops);
  if (streams === undefined)
    stopPump(call, id, new TypeError("The answer came before the whole of the body was taken"));
  if (entry === undefined) return;
  const source: BodySource = streams
    ? new HostBody(call, id)
    : body === undefined
      ? new Uint8Array(0)
      : new Uint8Array(body);
  const list = headers as Header[];
  const holder = entry.isHead ? null : new BodyHolder(source);
  if (holder !== null) entry.answer = construct(WeakRefClass<BodyHolder>, [holder]) as WeakRef<BodyHolder>;
  entry.resolve(fetchedResponse({ status, statusText, url: withoutFragment(url), redirected, list, body: holder }));
}

export function fetchFailed(call: number, id: number, { message, overLimit }: FetchFailure): void {
  const error = overLimit === undefined ? new TypeError(message) : limitError(overLimit);
  stopPump(call, id, error);
  take(id)?.reject(error);
}

function limitError({ limit, used }: NonNullable<FetchFailure["overLimit"]>): LimitError {
  return new LimitError(limit, used ?? host().facts.limits[limit] + 1);
}

export function forgetSubRequests(call: number): void {
  if (!countByCall.delete(call)) return;
  waiting.forEach((entry, id) => {
    if (entry.call === call) waiting.delete(id);
  });
}

export function withoutFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : sliceText(url, 0, at);
}

function take(id: number): Waiting | undefined {
  const entry = waiting.get(id);
  waiting.delete(id);
  return entry;
}

function ignore(): void {}
