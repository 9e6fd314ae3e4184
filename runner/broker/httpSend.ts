import type { ClientRequest, IncomingMessage } from "node:http";
import { pipeline, type Readable } from "node:stream";
import type { SubRequestHead } from "../protocol/messages.ts";

/** Interim answers (1xx) that may come before the answer. */
const INTERIM_MAX = 8;

/** Sends a sub-request's body after its head. @param failure what to reject with. @returns the head of the answer */
export function httpSend(
  request: ClientRequest,
  body: Buffer | Readable,
  failure: (error: NodeJS.ErrnoException) => Error,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A body that is longer or shorter than it said would be another request to who hears it.
    Object.assign(request, { strictContentLength: true });
    let interim = 0;
    request.on("information", () => {
      if (++interim > INTERIM_MAX) request.destroy(new Error(`more than ${INTERIM_MAX} interim answers`));
    });
    request.once("response", resolve);
    request.on("error", (error) => reject(failure(error)));
    request.once("close", () => reject(failure(new Error("the connection was closed"))));
    if (body instanceof Buffer) request.end(body);
    // What goes wrong with the body is the request's own error.
    else pipeline(body, request, () => {});
  });
}

/** The headers that say how long the body is. */
export function framing(
  { bodyBytes, method }: SubRequestHead,
  body: Buffer | Readable,
): [name: string, value: string][] {
  if (!(body instanceof Buffer)) {
    return [bodyBytes === undefined ? ["transfer-encoding", "chunked"] : ["content-length", `${bodyBytes}`]];
  }
  return body.length > 0 || !["GET", "HEAD"].includes(method) ? [["content-length", `${body.length}`]] : [];
}
