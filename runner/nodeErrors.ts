import { ERRORS } from "./errors.ts";

/** Errors that HAProxy and Varnish answer with of themselves, in the shape of the runner's. */
export const NODE_ERRORS = {
  ERR_CLIENT_CONNECTIONS: { status: 429, gloss: "The client's address has too many connections open." },
  ERR_GIVEN_UP: { status: 429, gloss: "The connection gave up too many requests before they were answered." },
  ERR_CACHE_RESPONSE: { status: 502, gloss: "The node's cache broke off before its answer was whole." },
  ERR_CACHE_UNAVAILABLE: { status: 503, gloss: "The node's cache does not answer; retry shortly." },
  ERR_CACHE_FULL: {
    status: 503,
    gloss:
      "The node's cache has no memory for the answer: it holds many that are not kept and that clients are slow to take; retry shortly.",
  },
  ERR_CACHE_TIMEOUT: { status: 504, gloss: "The node's cache did not answer in time." },
  ERR_RUNNER_UNAVAILABLE: { status: 503, gloss: "The runner behind the cache does not answer; retry shortly." },
  ERR_FARM_UNAVAILABLE: {
    status: 503,
    gloss: "No runner of the region answers, nor that of any other region; retry shortly.",
  },
  ERR_HOP_LIMIT: { status: 508, gloss: "Nodes sent the request on to each other too often." },
  ERR_NO_DESTINATION: { status: 500, gloss: "The cache sent the request to a place that the node does not know." },
  ERR_SHIELD_UNAVAILABLE: { status: 503, gloss: "The region that shields the origin does not answer." },
  ERR_ORIGIN_LOOP: { status: 508, gloss: "The origin leads back to the fleet." },
  ERR_ORIGIN_UNAVAILABLE: {
    status: 503,
    gloss: "The origin is down, or is left alone after failures in a row, until it answers checks again.",
  },
  ERR_ORIGIN_BUSY: { status: 503, gloss: "The origin has as many requests of this node as it may; retry shortly." },
  ERR_ORIGIN_RESPONSE: { status: 502, gloss: "The origin broke off, or what it sent is no HTTP." },
  ERR_CONTAINER_UNAVAILABLE: {
    status: 502,
    gloss: "The function is a container that does not answer, or broke off; it is started again by itself.",
  },
  ERR_ORIGIN_TIMEOUT: { status: 504, gloss: "The origin did not answer in time." },
  ERR_ADDRESS_REFUSED: { status: 403, gloss: "The function does not take requests from this address." },
  ERR_COUNTRY_REFUSED: { status: 403, gloss: "The function does not take requests from this country." },
  ERR_RATE_LIMITED: {
    status: 429,
    gloss:
      "More requests came in the window than the named limit lets through on this node; retry after the seconds of retry-after.",
  },
  ERR_CORS_REFUSED: { status: 403, gloss: "The function takes no requests of this kind from pages of this origin." },
  ERR_API_KEY: { status: 401, gloss: "The request has no key in x-api-key, or one that the function does not know." },
  ERR_TOKEN: {
    status: 401,
    gloss: "The request has no token in authorization: Bearer, or one that does not hold; the reason says why.",
  },
  ERR_SIGNATURE: { status: 403, gloss: "The URL has no signature, or one that does not hold any more." },
  ERR_LENGTH_REQUIRED: { status: 411, gloss: "The function takes a body only where the request tells its length." },
  ERR_BODY_BYTES: { status: 413, gloss: "The request's body is larger than the function's policies let through." },
} as const;

const RULES = { ...ERRORS, ...NODE_ERRORS };

/** Every code that a node answers with. */
export type NodeErrorCode = keyof typeof RULES;

export function statusOf(code: NodeErrorCode): number {
  return RULES[code].status;
}

/** The JSON body of an answer that a program in front of the runner gives; `requestId` as it writes one into a text. */
export function nodeErrorBody(
  code: NodeErrorCode,
  { detail, requestId }: { detail?: string | undefined; requestId: string },
): string {
  const { message, docs } = nodeErrorText(code);
  const whole = detail === undefined ? message : `${message} ${detail}`;
  return JSON.stringify({ error: { code, message: whole, docs }, requestId });
}

export function nodeErrorText(code: NodeErrorCode): { readonly message: string; readonly docs: string } {
  return { message: RULES[code].gloss, docs: `docs/errors.md#${code.toLowerCase()}` };
}
