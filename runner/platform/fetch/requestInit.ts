import { type AbortSignal, isAbortSignal } from "../events/abort.ts";
import { toUpperCase } from "../primordials.ts";
import { isReadableStream } from "../streams/streams.ts";
import { absoluteUrl } from "../url/url.ts";
import { shown, toByteString, toDictionary, toEnum, toUsvString } from "../webidl.ts";
import { type ExtractedBody, extractBody } from "./extractBody.ts";
import { type Header, isToken } from "./headerList.ts";
import { headersFrom } from "./headers.ts";

const REDIRECTS = ["follow", "error", "manual"] as const;
const MODES = ["navigate", "same-origin", "no-cors", "cors"] as const;
const CREDENTIALS = ["omit", "same-origin", "include"] as const;
const CACHES = ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"] as const;
const PRIORITIES = ["high", "low", "auto"] as const;
const REFERRER_POLICIES = [
  "",
  "no-referrer",
  "no-referrer-when-downgrade",
  "same-origin",
  "origin",
  "strict-origin",
  "origin-when-cross-origin",
  "strict-origin-when-cross-origin",
  "unsafe-url",
] as const;

const NORMALISED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"] as const;
const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"] as const;
/** Methods that a request in the mode `no-cors` may have. */
const SAFELISTED = ["GET", "HEAD", "POST"] as const;

export type Redirect = (typeof REDIRECTS)[number];

/** What a request is told of its fetch beside method, URL, headers and body. Most have no effect without a browser around. */
export interface RequestOptions {
  readonly cache: (typeof CACHES)[number];
  readonly credentials: (typeof CREDENTIALS)[number];
  readonly integrity: string;
  readonly keepalive: boolean;
  readonly mode: (typeof MODES)[number];
  readonly redirect: Redirect;
  readonly referrer: string;
  readonly referrerPolicy: (typeof REFERRER_POLICIES)[number];
}

export const DEFAULT_OPTIONS: RequestOptions = Object.freeze({
  cache: "default",
  credentials: "same-origin",
  integrity: "",
  keepalive: false,
  mode: "cors",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
});

/** An init as it was read: what it does not name is undefined. */
export interface ReadInit {
  readonly body: ExtractedBody | null | undefined;
  readonly headers: Header[] | undefined;
  readonly method: string | undefined;
  readonly options: { readonly [Name in keyof RequestOptions]: RequestOptions[Name] | undefined };
  readonly signal: AbortSignal | null | undefined;
  readonly hasDuplex: boolean;
}

/** Reads each member once, in the order of Web IDL. @returns undefined for an init without any @throws TypeError */
export function readInit(value: unknown): ReadInit | undefined {
  if (value === undefined || value === null) return undefined;
  const init = toDictionary(value, "The init of a request");
  let isEmpty = true;
  const read = <T>(name: string, convert: (member: unknown) => T): T | undefined => {
    const member = init[name];
    if (member === undefined) return undefined;
    isEmpty = false;
    return convert(member);
  };
  const body = read("body", (member) => (member === null ? null : extractBody(member)));
  const cache = read("cache", (member) => toEnum(member, CACHES, "cache"));
  const credentials = read("credentials", (member) => toEnum(member, CREDENTIALS, "credentials"));
  const duplex = read("duplex", (member) => toEnum(member, ["half"] as const, "duplex"));
  const headers = read("headers", headersFrom);
  const integrity = read("integrity", (member) => `${member}`);
  const keepalive = read("keepalive", Boolean);
  const method = read("method", toByteString);
  const mode = read("mode", (member) => toEnum(member, MODES, "mode"));
  read("priority", (member) => toEnum(member, PRIORITIES, "priority"));
  const redirect = read("redirect", (member) => toEnum(member, REDIRECTS, "redirect"));
  const referrer = read("referrer", toUsvString);
  const referrerPolicy = read("referrerPolicy", (member) => toEnum(member, REFERRER_POLICIES, "referrerPolicy"));
  const signal = read("signal", toSignal);
  const window = read("window", (member) => ({ member }));
  if (window !== undefined && window.member !== null) throw new TypeError("window can only be null");
  if (isEmpty) return undefined;
  return {
    body,
    headers,
    method: method === undefined ? undefined : checkedMethod(method),
    options: {
      cache,
      credentials,
      integrity,
      keepalive,
      mode,
      redirect,
      referrer: referrer === undefined ? undefined : checkedReferrer(referrer),
      referrerPolicy,
    },
    signal,
    hasDuplex: duplex !== undefined,
  };
}

function toSignal(value: unknown): AbortSignal | null {
  if (value !== null && !isAbortSignal(value)) throw new TypeError("signal must be an AbortSignal");
  return value;
}

function checkedMethod(text: string): string {
  const upper = toUpperCase(text);
  if (!isToken(text) || isOneOf(FORBIDDEN, upper)) throw new TypeError(`The method ${shown(text)} cannot be used`);
  return isOneOf(NORMALISED, upper) ? upper : text;
}

/** There is no page that a request could come from: every other URL is one of another origin, which Fetch puts aside. */
function checkedReferrer(text: string): string {
  if (text === "") return "";
  absoluteUrl(text);
  return "about:client";
}

/** The options of a request that is made from others by an init. @throws TypeError */
export function optionsFrom(base: RequestOptions, { options }: ReadInit): RequestOptions {
  const { mode, cache } = options;
  if (mode === "navigate") throw new TypeError("A request cannot be made with the mode navigate");
  const merged: RequestOptions = {
    cache: cache ?? base.cache,
    credentials: options.credentials ?? base.credentials,
    integrity: options.integrity ?? base.integrity,
    keepalive: options.keepalive ?? base.keepalive,
    mode: mode ?? base.mode,
    redirect: options.redirect ?? base.redirect,
    referrer: options.referrer ?? "about:client",
    referrerPolicy: options.referrerPolicy ?? "",
  };
  if (merged.cache === "only-if-cached" && merged.mode !== "same-origin")
    throw new TypeError("only-if-cached needs the mode same-origin");
  return merged;
}

/** @throws TypeError where the parts of a request do not go together */
export function checkBody(init: ReadInit, method: string, hasBody: boolean, { keepalive, mode }: RequestOptions): void {
  if (mode === "no-cors" && !isOneOf(SAFELISTED, method))
    throw new TypeError(`The method ${method} cannot be used in the mode no-cors`);
  if (!hasBody) return;
  if (method === "GET" || method === "HEAD") throw new TypeError(`A ${method} request cannot have a body`);
  const { body } = init;
  if (body === null || body === undefined || !isReadableStream(body.source)) return;
  if (keepalive) throw new TypeError("A request with keepalive cannot have a stream as its body");
  if (!init.hasDuplex) throw new TypeError('A request whose body is a stream needs duplex: "half"');
  if (mode !== "same-origin" && mode !== "cors") throw new TypeError(`A stream cannot be the body in the mode ${mode}`);
}

function isOneOf(list: readonly string[], text: string): boolean {
  for (let index = 0; index < list.length; index++) if (list[index] === text) return true;
  return false;
}
