import { lookup } from "node:dns/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Readable } from "node:stream";
import type { SubRequestHead, SubResponseHead } from "../protocol/messages.ts";
import type { AllowList } from "./allowList.ts";
import { decodedBody } from "./decoding.ts";
import { type Destination, type EgressRules, Refusal } from "./destination.ts";
import { incomingHeaders, outgoingHeaders } from "./headers.ts";
import { framing, httpSend } from "./httpSend.ts";
import { OverLimit } from "./overLimit.ts";
import { pinnedAgents, pinnedLookup } from "./pinnedAgents.ts";
import { isRedirect, nextHop, REDIRECTS_MAX } from "./redirect.ts";
import { NameError, type Resolve } from "./resolver.ts";

/** Time from a sub-request's start to the head of its answer, redirects included, ms. */
const HEAD_MS = 30_000;
/** Largest block of response headers, bytes. */
export const HEADER_BYTES_MAX = 32 * 1024;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
const REFUSED_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

export interface SubRequest {
  readonly head: SubRequestHead;
  /** A stream is sent as it comes, and cannot be sent again when an origin redirects. */
  readonly body: Buffer | Readable;
  /** Function on whose behalf it is. */
  readonly owner: string;
  readonly allow: AllowList;
  readonly signal: AbortSignal;
  /** Asked before each redirect is followed. */
  mayFollow(): Promise<boolean>;
}

export interface SubResponse {
  readonly head: SubResponseHead;
  /** Content encoding undone. Whoever does not read it to its end destroys it. */
  readonly body: Readable;
}

/** The origin did not answer in time. */
export class OriginTimeout extends Error {
  override readonly name = "OriginTimeout";
}

/** The way out of the node. Names are resolved once, judged by the rules, and connected to by the addresses that were judged. */
export class Egress {
  readonly #rules: EgressRules;
  readonly #resolve: Resolve;
  readonly #agents = pinnedAgents();

  constructor(rules: EgressRules, resolve: Resolve) {
    this.#rules = rules;
    this.#resolve = resolve;
  }

  /** @throws Refusal, OriginTimeout, or an Error whose message may be shown to the function. */
  async fetch(request: SubRequest): Promise<SubResponse> {
    const { signal } = request;
    const host = hostOf(request.head.url);
    const limit = new AbortController();
    const late = new OriginTimeout(`${host} did not answer within ${HEAD_MS} ms`);
    const timer = setTimeout(() => limit.abort(late), HEAD_MS);
    const stop = () => limit.abort(new Error("the sub-request was given up"));
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      return await this.#follow({ ...request, signal: limit.signal });
    } catch (error) {
      throw limit.signal.aborted ? (limit.signal.reason as Error) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #follow(first: SubRequest): Promise<SubResponse> {
    let hop = first;
    for (let hops = 0; ; hops++) {
      const message = await this.#send(hop);
      const status = message.statusCode ?? 502;
      const { location } = message.headers;
      if (!isRedirect(status) || location === undefined || first.head.redirect === "manual") {
        return answerOf(message, hop.head, hops);
      }
      message.destroy();
      if (first.head.redirect === "error") {
        throw new Error(`${hostOf(hop.head.url)} redirects, and the request forbids that`);
      }
      if (hops >= REDIRECTS_MAX) {
        throw new Error(`${hostOf(first.head.url)} redirects more than ${REDIRECTS_MAX} times`);
      }
      if (!(await mayFollow(first))) {
        throw new OverLimit(
          { limit: "subRequests", used: null },
          `${hostOf(first.head.url)} redirects more often than the request may follow`,
        );
      }
      const next = nextHop(hop.head, status, location);
      if (next.keepsBody && !(hop.body instanceof Buffer)) {
        throw new Error(`${hostOf(hop.head.url)} redirects, and a streamed body cannot be sent twice`);
      }
      hop = { ...hop, head: next.head, body: next.keepsBody ? hop.body : Buffer.alloc(0) };
    }
  }

  async #send({ head, body, owner, allow, signal }: SubRequest): Promise<IncomingMessage> {
    const url = new URL(head.url);
    requireMethod(head.method);
    const destination = this.#rules.destination(url, allow);
    const addresses = await this.#addresses(destination);
    signal.throwIfAborted();
    const headers = outgoingHeaders(head.headers);
    if (!headers.some(([name]) => name.toLowerCase() === "accept-encoding"))
      headers.push(["accept-encoding", "gzip, br"]);
    headers.push(["host", url.host], ...framing(head, body));
    const { protocol, pathname, search } = url as URL & { protocol: "http:" | "https:" };
    const options: RequestOptions & { pin: unknown } = {
      protocol,
      host: destination.host,
      port: destination.port,
      path: pathname + search,
      method: head.method,
      headers: headers.flat(),
      agent: this.#agents[protocol],
      lookup: pinnedLookup(addresses),
      pin: { owner, addresses },
      signal,
      maxHeaderSize: HEADER_BYTES_MAX,
    };
    const request = (protocol === "https:" ? httpsRequest : httpRequest)(options);
    return httpSend(request, body, (error) => originError(destination, error));
  }

  async #addresses(destination: Destination): Promise<readonly string[]> {
    const { host, literal, isOrigin } = destination;
    if (literal !== undefined) return [literal];
    const addresses = isOrigin ? await localNames(host) : await this.#resolve(host);
    this.#rules.checkAddresses(destination, addresses);
    return addresses;
  }
}

/** @throws the signal's reason when it comes before the answer. */
async function mayFollow(request: SubRequest): Promise<boolean> {
  const { signal } = request;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason as Error);
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([request.mayFollow(), stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Names of the stack config may stand in the machine's hosts file. @throws NameError */
async function localNames(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    throw new NameError(`the name ${host} has no address`);
  }
}

/** @throws Refusal */
export function requireMethod(method: string): void {
  if (METHOD.test(method) && !REFUSED_METHODS.has(method.toUpperCase())) return;
  throw new Refusal("method", `the method ${method} cannot be used`);
}

/** A response as its function hears it. */
export function answerOf(message: IncomingMessage, { url, method }: SubRequestHead, hops: number): SubResponse {
  const { body, decoded } = decodedBody(message, method);
  const headers = incomingHeaders(message.rawHeaders, decoded);
  const { statusCode: status = 502, statusMessage: statusText = "" } = message;
  return { head: { status, statusText, headers, url, redirected: hops > 0, hops }, body };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the URL";
}

/** Says what happened without the address: that of an origin is not the tenants' to know. */
function originError({ host, port }: Destination, error: NodeJS.ErrnoException): Error {
  const { code } = error;
  const why = code?.startsWith("HPE_") ? `it sends no valid HTTP (${code})` : (code ?? error.message);
  return new Error(`${host}:${port} failed: ${why}`, { cause: error });
}
