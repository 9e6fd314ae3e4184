import { ERRORS } from "./errors.ts";

/** Errors that HAProxy and Varnish answer with of themselves, in the shape of the runner's. */
export const NODE_ERRORS = {
  ERR_CACHE_RESPONSE: { status: 502, gloss: "The node's cache broke off before its answer was whole." },
  ERR_CACHE_UNAVAILABLE: { status: 503, gloss: "The node's cache does not answer; retry shortly." },
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
  const message = detail === undefined ? RULES[code].gloss : `${RULES[code].gloss} ${detail}`;
  return JSON.stringify({ error: { code, message, docs: `docs/errors.md#${code.toLowerCase()}` }, requestId });
}
