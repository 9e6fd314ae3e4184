import { logLine } from "../console.ts";
import { errorText } from "../describe.ts";
import { host } from "../host.ts";
import { absoluteUrl } from "../url/url.ts";
import { fetch } from "./fetch.ts";
import { passedOn, type Request, requestState } from "./request.ts";
import type { Response } from "./response.ts";

/**
 * Sends a request whose handler threw to the function's pass-through origin: same method, path, query, headers and body.
 *
 * @returns undefined when the function has no such origin, or has read the body already.
 */
export function originRequest(request: Request, error: unknown): Promise<Response> | undefined {
  const { passThrough } = host().facts;
  if (passThrough === null) {
    logLine("warn", "passThroughOnException() has no effect: the function declares no passThrough origin");
    return undefined;
  }
  const { body, url } = requestState(request);
  if (body?.isUnusable) {
    logLine("warn", "the request cannot pass through to the origin: its body has been read");
    return undefined;
  }
  logLine("error", `the request passes through to the origin: ${errorText(error)}`);
  const { path, query } = absoluteUrl(url);
  // Put together before parsing: as a relative reference, `//other/x` would name another host.
  return fetch(passedOn(request, `${passThrough}${path}${query === null ? "" : `?${query}`}`));
}
