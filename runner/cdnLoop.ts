import type { HeaderList } from "./protocol/messages.ts";

/** Header in which each content delivery network on the way enters itself (RFC 8586). */
export const CDN_LOOP = "cdn-loop";
/** How every fleet of ours enters itself: two that ask each other are a loop as well. */
export const CDN_ID = "edge-fleet";
/** Times that a request may have gone out of a function, or to an origin of the cache, and come back in. */
export const LOOPS_MAX = 5;

/** How often a request has gone out of functions of fleets before it came here. */
export function loopsOf(header: string | string[] | undefined): number {
  const entries = `${header ?? ""}`.split(",");
  return entries.filter((entry) => entry.split(";", 1)[0]?.trim().toLowerCase() === CDN_ID).length;
}

/** A sub-request's headers with what the request that makes it has come through; a function changes nothing of that. */
export function withLoops(own: HeaderList, request: HeaderList): HeaderList {
  return [...own.filter(([name]) => !isCdnLoop(name)), ...request.filter(([name]) => isCdnLoop(name))];
}

/** The header that a sub-request leaves the node with. */
export function loopEntry(headers: HeaderList): [name: string, value: string] {
  const before = headers.filter(([name]) => isCdnLoop(name)).map(([, value]) => value);
  return [CDN_LOOP, [...before, CDN_ID].join(", ")];
}

function isCdnLoop(name: string): boolean {
  return name.toLowerCase() === CDN_LOOP;
}
