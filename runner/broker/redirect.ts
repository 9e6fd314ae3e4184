import type { SubRequestHead } from "../protocol/messages.ts";
import { withoutCredentials } from "./headers.ts";

/** Hops that one sub-request may take, as the Fetch Standard has it. */
export const REDIRECTS_MAX = 20;
const STATUSES = new Set([301, 302, 303, 307, 308]);

export function isRedirect(status: number): boolean {
  return STATUSES.has(status);
}

export interface NextHop {
  readonly head: SubRequestHead;
  readonly keepsBody: boolean;
}

/** The request that follows a redirect. @throws TypeError when the location is no URL of http or https. */
export function nextHop(head: SubRequestHead, status: number, location: string): NextHop {
  const from = new URL(head.url);
  let to: URL;
  try {
    to = new URL(location, from);
  } catch {
    throw new TypeError("a redirect has a location that is no URL");
  }
  const { method } = head;
  const becomesGet = (status === 303 && method !== "HEAD") || ((status === 301 || status === 302) && method === "POST");
  const sameOrigin = to.origin === from.origin;
  let headers = sameOrigin ? head.headers : withoutCredentials(head.headers);
  if (becomesGet) headers = headers.filter(([name]) => !name.toLowerCase().startsWith("content-"));
  return {
    head: { ...head, url: to.href, method: becomesGet && method !== "GET" ? "GET" : method, headers },
    keepsBody: !becomesGet,
  };
}
