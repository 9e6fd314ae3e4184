import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { Streamable, SubRequestHead, SubResponseHead } from "../protocol/messages.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { type BodySource, takeBody } from "./body.ts";
import { byteReader } from "./byteReader.ts";
import { utf8Length } from "./encoding.ts";
import { headerList } from "./headers.ts";
import { callFor, host } from "./host.ts";
import { HostBody, hostBody } from "./hostBody.ts";
import { LimitError } from "./limitError.ts";
import { jsonStringify, safeMap, settle } from "./primordials.ts";
import { pump, stopPump } from "./pump.ts";
import { Request, type RequestInit } from "./request.ts";
import { type Response, response } from "./response.ts";

interface Waiting {
  readonly call: number;
  resolve(response: Response): void;
  reject(error: unknown): void;
}

const waiting = safeMap<number, Waiting>();
const countByCall = safeMap<number, number>();
let lastId = 0;

/** The standard `fetch`; the request leaves through the broker, which refuses addresses that are not public. */
export async function fetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
  const call = callFor("fetch");
  const request = new Request(input, init);
  const { signal } = request;
  signal.throwIfAborted();
  const count = (countByCall.get(call) ?? 0) + 1;
  if (count > host().facts.limits.subRequests) throw new LimitError("subRequests", count);
  countByCall.set(call, count);
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { call, resolve, reject });
    signal.addEventListener("abort", () => abort(call, id, signal.reason));
    send(call, id, request, takeBody(request));
  });
}

function send(call: number, id: number, request: Request, source: BodySource): void {
  const bytes =
    typeof source === "string" ? utf8Length(source) : source instanceof Uint8Array ? source.length : undefined;
  const isWhole = source === null || (bytes !== undefined && bytes <= WINDOW_BYTES);
  const head: SubRequestHead & Streamable = {
    url: request.url,
    method: request.method,
    headers: headerList(request.headers),
    redirect: request.redirect,
    ...(isWhole ? {} : { streams: true, ...(bytes === undefined ? {} : { bodyBytes: bytes }) }),
  };
  const body =
    !isWhole || source === null
      ? undefined
      : typeof source === "string"
        ? source
        : exactBuffer(source as Uint8Array<ArrayBuffer>);
  host().send(TO_HOST.fetch, call, id, jsonStringify(head), body);
  if (!isWhole && source !== null) settle(pump(byteReader(source), call, id), ignore, ignore);
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
  const { url, redirected, status, headers, streams, hops } = head;
  countByCall.set(call, (countByCall.get(call) ?? 0) + hops);
  if (streams === undefined)
    stopPump(call, id, new TypeError("The answer came before the whole of the body was taken"));
  if (entry === undefined) return;
  const source = streams ? new HostBody(call, id) : body === undefined ? new Uint8Array(0) : new Uint8Array(body);
  entry.resolve(response({ source, init: { status, headers }, url, redirected }));
}

export function fetchFailed(call: number, id: number, message: string): void {
  const { subRequests } = host().facts.limits;
  const error = message === "" ? new LimitError("subRequests", subRequests + 1) : new TypeError(message);
  stopPump(call, id, error);
  take(id)?.reject(error);
}

export function forgetSubRequests(call: number): void {
  if (!countByCall.delete(call)) return;
  for (const [id, entry] of waiting) if (entry.call === call) waiting.delete(id);
}

function take(id: number): Waiting | undefined {
  const entry = waiting.get(id);
  waiting.delete(id);
  return entry;
}

function exactBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}

function ignore(): void {}
