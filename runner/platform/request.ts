import type { EdgeInfo } from "../contract.ts";
import { Body, type BodySource, cloneBody, extractBody, takeBody } from "./body.ts";
import { AbortController, type AbortSignal } from "./events.ts";
import { Headers, type HeadersInit } from "./headers.ts";
import { defineProperty } from "./primordials.ts";

const NORMALISED = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH"]);
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REDIRECTS = ["follow", "manual", "error"] as const;

export type Redirect = (typeof REDIRECTS)[number];

/** Key of a ready body source in an init: tenant code cannot name it. */
export const SOURCE = Symbol("source");

export interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: unknown;
  redirect?: Redirect;
  signal?: AbortSignal | null;
  [SOURCE]?: BodySource;
}

export class Request extends Body {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly redirect: Redirect;
  readonly signal: AbortSignal;
  /** What the node knows of the client; only on the request that a function is called with, and on its clones. */
  declare readonly edge?: EdgeInfo;

  constructor(input: Request | URL | string, init: RequestInit = {}) {
    const from = input instanceof Request ? input : undefined;
    const method = checkedMethod(init.method ?? from?.method ?? "GET");
    const given = init.body !== undefined && init.body !== null;
    if (given && (method === "GET" || method === "HEAD")) throw new TypeError(`A ${method} request cannot have a body`);
    const extracted = extractBody(init.body);
    super(init[SOURCE] ?? (given || from === undefined ? extracted.source : takeBody(from)));
    this.method = method;
    this.url = from?.url ?? absoluteUrl(input);
    this.headers = new Headers(init.headers ?? from?.headers);
    if (given && extracted.type !== null && !this.headers.has("content-type")) {
      this.headers.set("content-type", extracted.type);
    }
    const redirect = init.redirect ?? from?.redirect ?? "follow";
    if (!REDIRECTS.includes(redirect)) throw new TypeError(`redirect must be one of ${REDIRECTS.join(", ")}`);
    this.redirect = redirect;
    this.signal = init.signal ?? from?.signal ?? new AbortController().signal;
    if (from?.edge !== undefined) withEdge(this, from.edge);
  }

  clone(): Request {
    const { method, headers, redirect, signal } = this;
    const clone = new Request(this.url, { method, headers, redirect, signal, [SOURCE]: cloneBody(this) });
    return this.edge === undefined ? clone : withEdge(clone, this.edge);
  }
  get [Symbol.toStringTag](): string {
    return "Request";
  }
}

export function withEdge<T extends Request>(request: T, edge: EdgeInfo): T {
  defineProperty(request, "edge", { value: edge, enumerable: true });
  return request;
}

function checkedMethod(method: string): string {
  const text = `${method}`;
  const upper = text.toUpperCase();
  if (!TOKEN.test(text) || FORBIDDEN.has(upper))
    throw new TypeError(`The method ${JSON.stringify(text)} cannot be used`);
  return NORMALISED.has(upper) ? upper : text;
}

function absoluteUrl(input: unknown): string {
  const url = new URL(`${input}`);
  if (url.username !== "" || url.password !== "") throw new TypeError("A request's URL must not hold credentials");
  return url.href;
}
