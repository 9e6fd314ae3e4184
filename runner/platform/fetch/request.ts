import type { EdgeInfo } from "../../contract.ts";
import type { RequestHead } from "../../protocol/messages.ts";
import type { AbortSignal } from "../events/abort.ts";
import { absoluteUrl } from "../url/url.ts";
import { hasCredentials, serialise } from "../url/urlRecord.ts";
import { defineInterface, isObject, needArguments, toUsvString } from "../webidl.ts";
import { type BodyMembers, defineBody, type Message } from "./body.ts";
import { BodyHolder } from "./bodyHolder.ts";
import { copyOf, type Header, hasHeader } from "./headerList.ts";
import { type Headers, headersOver } from "./headers.ts";
import {
  checkBody,
  DEFAULT_OPTIONS,
  optionsFrom,
  type ReadInit,
  type RequestOptions,
  readInit,
} from "./requestInit.ts";
import { ClientSignal, followSignals, resolveSignal, type SignalSource } from "./signals.ts";

interface RequestState extends Message {
  readonly method: string;
  /** Whole, with its fragment. */
  readonly url: string;
  readonly options: RequestOptions;
  /** A client's own signal; or what the signal follows, once somebody asks for it. */
  readonly signals: ClientSignal | readonly SignalSource[];
  /** What the node knows of the client. */
  readonly edge: EdgeInfo | undefined;
  readonly isImmutable: boolean;
  headers: Headers | undefined;
  signal: AbortSignal | undefined;
}

/** In the place of an input: the init is a state. Tenant code cannot name it. */
const READY = Object.freeze({ __proto__: null });

let isOne: (value: unknown) => value is Request;
let stateOf: (request: Request) => RequestState;

/** Fetch's `Request`. Its headers, its signal and its body's stream are made when somebody asks for them. */
export class Request {
  readonly #state: RequestState;
  declare readonly body: BodyMembers["body"];
  declare readonly bodyUsed: BodyMembers["bodyUsed"];
  declare readonly arrayBuffer: BodyMembers["arrayBuffer"];
  declare readonly blob: BodyMembers["blob"];
  declare readonly bytes: BodyMembers["bytes"];
  declare readonly formData: BodyMembers["formData"];
  declare readonly json: BodyMembers["json"];
  declare readonly text: BodyMembers["text"];

  static {
    isOne = (value): value is Request => isObject(value) && #state in value;
    stateOf = (request) => request.#state;
    defineBody(Request, (owner) => (owner as Request).#state);
  }

  constructor(input: unknown, init: unknown = undefined) {
    if (input === READY) {
      this.#state = init as RequestState;
      return;
    }
    needArguments(arguments.length, 1, "Request");
    this.#state = isOne(input)
      ? stateFrom(input.#state, input.#state.url, readInit(init))
      : stateFrom(PLAIN, requestUrl(toUsvString(input)), readInit(init));
  }

  get method(): string {
    return this.#state.method;
  }
  get url(): string {
    return this.#state.url;
  }
  get headers(): Headers {
    const state = this.#state;
    state.headers ??= headersOver(state.list, state.isImmutable);
    return state.headers;
  }
  get destination(): string {
    stateOf(this);
    return "";
  }
  get referrer(): string {
    return this.#state.options.referrer;
  }
  get referrerPolicy(): string {
    return this.#state.options.referrerPolicy;
  }
  get mode(): string {
    return this.#state.options.mode;
  }
  get credentials(): string {
    return this.#state.options.credentials;
  }
  get cache(): string {
    return this.#state.options.cache;
  }
  get redirect(): string {
    return this.#state.options.redirect;
  }
  get integrity(): string {
    return this.#state.options.integrity;
  }
  get keepalive(): boolean {
    return this.#state.options.keepalive;
  }
  get isReloadNavigation(): boolean {
    stateOf(this);
    return false;
  }
  get isHistoryNavigation(): boolean {
    stateOf(this);
    return false;
  }
  get signal(): AbortSignal {
    const state = this.#state;
    const { signals } = state;
    state.signal ??= signals instanceof ClientSignal ? signals.signal : followSignals(signals);
    return state.signal;
  }
  get duplex(): string {
    stateOf(this);
    return "half";
  }
  /** What the node knows of the client; only of the request that a function is called with, and of what is made from it. */
  get edge(): EdgeInfo | undefined {
    return this.#state.edge;
  }
  clone(): Request {
    const state = this.#state;
    const body = state.body?.clone() ?? null;
    return requestOf({
      ...state,
      list: copyOf(state.list),
      body,
      headers: undefined,
      signal: undefined,
      signals: sourcesOf(state),
    });
  }
}
defineInterface(Request, "Request");

export const isRequest = isOne;
export const requestState = stateOf;
export type { RequestState };

function requestOf(state: RequestState): Request {
  return new Request(READY, state);
}

/** The request that a function is called with. */
export function incomingRequest(
  { method, url, headers, edge }: RequestHead,
  body: BodyHolder | null,
  client: ClientSignal,
): Request {
  return requestOf({
    method,
    url,
    // As it was parsed: nobody else has it.
    list: headers as Header[],
    body,
    options: DEFAULT_OPTIONS,
    signals: client,
    edge,
    isImmutable: true,
    headers: undefined,
    signal: undefined,
  });
}

type Base = Pick<RequestState, "method" | "list" | "body" | "options" | "signals" | "signal" | "edge">;

/** What a request has that is made of a URL alone. */
const PLAIN: Base = Object.freeze({
  method: "GET",
  list: [],
  body: null,
  options: DEFAULT_OPTIONS,
  signals: [],
  signal: undefined,
  edge: undefined,
});

function requestUrl(text: string): string {
  const url = absoluteUrl(text);
  if (hasCredentials(url)) throw new TypeError("A request's URL must not hold credentials");
  return serialise(url);
}

/** What Fetch's constructor does. */
function stateFrom(base: Base, url: string, init: ReadInit | undefined): RequestState {
  const options = init === undefined ? base.options : optionsFrom(base.options, init);
  const method = init?.method ?? base.method;
  const given = init?.body ?? null;
  if (init !== undefined) checkBody(init, method, given !== null || base.body !== null, options);
  const list = init?.headers ?? copyOf(base.list);
  if (given !== null && given.type !== null && !hasHeader(list, "content-type"))
    list[list.length] = ["content-type", given.type];
  const signal = init?.signal;
  return {
    method,
    url,
    list,
    body: given !== null ? new BodyHolder(given.source) : base.body === null ? null : new BodyHolder(base.body.take()),
    options,
    signals: signal === undefined ? sourcesOf(base) : signal === null ? [] : [signal],
    edge: base.edge,
    isImmutable: false,
    headers: undefined,
    signal: undefined,
  };
}

function sourcesOf({ signal, signals }: Base): readonly SignalSource[] {
  if (signal !== undefined) return [signal];
  return signals instanceof ClientSignal ? [signals] : signals;
}

/** The same request for another URL; its redirects are its client's to follow. */
export function passedOn(request: Request, url: string): Request {
  const state = stateFrom(stateOf(request), serialise(absoluteUrl(url)), undefined);
  return requestOf({ ...state, options: { ...state.options, redirect: "manual" } });
}

/** Signals that abort the request. */
export function abortSignalsOf(request: Request): readonly AbortSignal[] {
  const sources = sourcesOf(stateOf(request));
  const signals: AbortSignal[] = [];
  for (let index = 0; index < sources.length; index++) signals[index] = resolveSignal(sources[index] as SignalSource);
  return signals;
}
