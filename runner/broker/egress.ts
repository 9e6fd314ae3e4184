import { lookup as dnsLookup } from "node:dns";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { AllowedOrigin } from "../config.ts";
import type { SubRequestHead, SubResponseHead } from "../protocol/messages.ts";
import { isAllowedOrigin, isPublicAddress, literalAddress } from "./addressFilter.ts";
import { incomingHeaders, outgoingHeaders } from "./headers.ts";
import { isRedirect, nextHop, REDIRECTS_MAX } from "./redirect.ts";

/** Largest body of a sub-request's response after decoding, bytes. */
export const RESPONSE_BYTES_MAX = 10 * 1024 * 1024;
/** Time for a whole sub-request, redirects included, ms. */
const TOTAL_MS = 30_000;
const IDLE_SOCKET_MS = 4_000;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
const REFUSED_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);

const DECODERS = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

export interface SubResponse {
  readonly head: SubResponseHead;
  readonly body: Buffer;
}

/** The way out of the node: public addresses, and the origins of the stack config. Connections go to the address that was checked. */
export class Egress {
  readonly #origins: readonly AllowedOrigin[];
  readonly #agents = {
    "http:": new HttpAgent({ keepAlive: true, timeout: IDLE_SOCKET_MS }),
    "https:": new HttpsAgent({ keepAlive: true, timeout: IDLE_SOCKET_MS }),
  };

  constructor(origins: readonly AllowedOrigin[]) {
    this.#origins = origins;
  }

  /** @throws Error whose message may be shown to the function. */
  async fetch(head: SubRequestHead, body: Buffer, cancelled: AbortSignal): Promise<SubResponse> {
    const signal = AbortSignal.any([cancelled, AbortSignal.timeout(TOTAL_MS)]);
    let hop = head;
    let hopBody = body;
    for (let hops = 0; hops <= REDIRECTS_MAX; hops++) {
      const message = await this.#send(hop, hopBody, signal);
      const status = message.statusCode ?? 502;
      const { location } = message.headers;
      if (!isRedirect(status) || location === undefined || head.redirect === "manual") {
        return { head: { ...readHead(message), url: hop.url, redirected: hops > 0 }, body: await readBody(message) };
      }
      message.destroy();
      if (head.redirect === "error") throw new Error(`${hop.url} redirects, and the request forbids that`);
      const next = nextHop(hop, status, location);
      hop = next.head;
      if (!next.keepsBody) hopBody = Buffer.alloc(0);
    }
    throw new Error(`${head.url} redirects more than ${REDIRECTS_MAX} times`);
  }

  #send(head: SubRequestHead, body: Buffer, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(head.url);
    const { protocol } = url;
    if (protocol !== "http:" && protocol !== "https:") throw new Error(`${protocol} URLs cannot be fetched`);
    if (!METHOD.test(head.method) || REFUSED_METHODS.has(head.method.toUpperCase())) {
      throw new Error(`the method ${head.method} cannot be used`);
    }
    const allowed = isAllowedOrigin(url, this.#origins);
    const literal = literalAddress(url.hostname);
    if (!allowed && literal !== undefined && !isPublicAddress(literal)) throw refusal(url);
    const headers = outgoingHeaders(head.headers);
    if (!headers.some(([name]) => name === "accept-encoding")) headers.push(["accept-encoding", "gzip, br"]);
    headers.push(["host", url.host]);
    if (body.length > 0 || !["GET", "HEAD"].includes(head.method)) headers.push(["content-length", `${body.length}`]);
    const send = protocol === "https:" ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, {
        method: head.method,
        headers: headers.flat(),
        agent: this.#agents[protocol],
        lookup: allowed ? (dnsLookup as LookupFunction) : publicLookup(url),
        signal,
      });
      request.once("response", resolve);
      request.once("error", (error) => reject(signal.aborted ? timeoutError(head) : error));
      request.end(body);
    });
  }
}

/** Resolves once and hands on only addresses that are public: what was checked is what is connected to. */
function publicLookup(url: URL): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, "");
      const allowed = addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      if (first === undefined) return callback(refusal(url), "");
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(url: URL): Error {
  return new Error(`${url.host} is not a public address; name it under edge-fleet:origins if functions may reach it`);
}

function timeoutError(head: SubRequestHead): Error {
  return new Error(`${new URL(head.url).host} did not answer within ${TOTAL_MS} ms`);
}

function decoderOf(message: IncomingMessage): keyof typeof DECODERS | undefined {
  const encoding = message.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  return encoding in DECODERS ? (encoding as keyof typeof DECODERS) : undefined;
}

function readHead(message: IncomingMessage): { status: number; headers: SubResponseHead["headers"] } {
  return {
    status: message.statusCode ?? 502,
    headers: incomingHeaders(message.rawHeaders, decoderOf(message) !== undefined),
  };
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const encoding = decoderOf(message);
  const decoder = encoding === undefined ? undefined : DECODERS[encoding]();
  if (decoder !== undefined) message.once("error", (error) => decoder.destroy(error));
  const stream = decoder === undefined ? message : message.pipe(decoder);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > RESPONSE_BYTES_MAX) {
      message.destroy();
      throw new Error(`the response is larger than ${RESPONSE_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
