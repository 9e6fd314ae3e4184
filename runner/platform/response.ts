import { Body, type BodySource, cloneBody, extractBody } from "./body.ts";
import { Headers, type HeadersInit } from "./headers.ts";
import { jsonStringify } from "./primordials.ts";

const NULL_BODY = new Set([101, 204, 205, 304]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}

let reveal: (response: Response, url: string, redirected: boolean) => void;

export class Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly type: string = "default";
  #url = "";
  #redirected = false;

  static {
    reveal = (response, url, redirected) => {
      response.#url = url;
      response.#redirected = redirected;
    };
  }

  constructor(body?: unknown, init: ResponseInit = {}) {
    const status = init?.status ?? 200;
    if (!Number.isInteger(Number(status)) || status < 200 || status > 599) {
      throw new RangeError(`The status ${status} is not between 200 and 599`);
    }
    const { source, type } = extractBody(body);
    if (source !== null && NULL_BODY.has(status))
      throw new TypeError(`A response with status ${status} cannot have a body`);
    super(source);
    this.status = Number(status);
    this.statusText = `${init?.statusText ?? ""}`;
    this.headers = new Headers(init?.headers);
    if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  get url(): string {
    return this.#url;
  }
  get redirected(): boolean {
    return this.#redirected;
  }
  clone(): Response {
    return response({ source: cloneBody(this), init: this, url: this.#url, redirected: this.#redirected });
  }
  static json(value: unknown, init: ResponseInit = {}): Response {
    const text = jsonStringify(value);
    if (text === undefined) throw new TypeError("The value has no JSON form");
    const headers = new Headers(init.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return new Response(text, { ...init, headers });
  }
  static redirect(url: string | URL, status = 302): Response {
    if (!REDIRECTS.has(status)) throw new RangeError(`The status ${status} is not a redirect`);
    return new Response(null, { status, headers: { location: new URL(`${url}`).href } });
  }
  static error(): Response {
    throw new TypeError("A function cannot answer with a network error; throw, or answer with a status");
  }
  get [Symbol.toStringTag](): string {
    return "Response";
  }
}

/** A response from a ready source: its headers say what it is. */
export function response(from: { source: BodySource; init: ResponseInit; url: string; redirected: boolean }): Response {
  const { status = 200, statusText = "", headers } = from.init;
  const body = NULL_BODY.has(status) ? null : from.source;
  const made = new Response(body, { status, statusText, ...(headers === undefined ? {} : { headers }) });
  // A text source would have been given a content type that the original does not have.
  if (headers !== undefined && !new Headers(headers).has("content-type")) made.headers.delete("content-type");
  reveal(made, from.url, from.redirected);
  return made;
}
