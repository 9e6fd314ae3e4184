import type { SubRequestHead, SubResponseHead } from "../protocol/messages.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { drain, takeBody } from "./body.ts";
import { headerList } from "./headers.ts";
import { callFor, host } from "./host.ts";
import { LimitError } from "./limitError.ts";
import { jsonStringify } from "./primordials.ts";
import { Request, type RequestInit } from "./request.ts";
import { type Response, response } from "./response.ts";

interface Waiting {
  resolve(response: Response): void;
  reject(error: unknown): void;
}

const waiting = new Map<number, Waiting>();
const countByCall = new Map<number, number>();
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
  const source = takeBody(request);
  const body = source === null ? undefined : typeof source === "string" ? source : await drain(source);
  const head: Omit<SubRequestHead, "hopsMax"> = {
    url: request.url,
    method: request.method,
    headers: headerList(request.headers),
    redirect: request.redirect,
  };
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    signal.addEventListener("abort", () => {
      if (!waiting.delete(id)) return;
      host().send(TO_HOST.fetchCancel, call, id, "");
      reject(signal.reason);
    });
    const bytes = typeof body === "object" ? exactBuffer(body) : body;
    host().send(TO_HOST.fetch, call, id, jsonStringify(head), bytes);
  });
}

export function fetched(id: number, head: SubResponseHead, body: ArrayBuffer | undefined): void {
  const source = body === undefined ? new Uint8Array() : new Uint8Array(body);
  const { url, redirected, status, headers } = head;
  take(id)?.resolve(response({ source, init: { status, headers }, url, redirected }));
}

export function fetchFailed(id: number, message: string): void {
  take(id)?.reject(new TypeError(message));
}

export function forgetSubRequests(call: number): void {
  countByCall.delete(call);
}

function take(id: number): Waiting | undefined {
  const entry = waiting.get(id);
  waiting.delete(id);
  return entry;
}

function exactBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
