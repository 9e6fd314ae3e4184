import { ERRORS } from "./errors.ts";

/** Errors that HAProxy and Varnish answer with of themselves, in the shape of the runner's. */
export const NODE_ERRORS = {
  ERR_CACHE_RESPONSE: { status: 502, gloss: "The node's cache broke off before its answer was whole." },
  ERR_CACHE_UNAVAILABLE: { status: 503, gloss: "The node's cache does not answer; retry shortly." },
  ERR_CACHE_TIMEOUT: { status: 504, gloss: "The node's cache did not answer in time." },
  ERR_RUNNER_UNAVAILABLE: { status: 503, gloss: "The runner behind the cache does not answer; retry shortly." },
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
