import { CDN_LOOP, loopEntry } from "../cdnLoop.ts";
import type { HeaderList } from "../protocol/messages.ts";

/** Headers that belong to one connection, or that the broker sets itself. */
const CONNECTION_HEADERS = new Set([
  CDN_LOOP,
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** Headers that name the client to one origin and must not follow a redirect to another. */
const CREDENTIAL_HEADERS = new Set(["authorization", "cookie"]);

/** What a function may send along to another one of the node. */
export function neighbourHeaders(headers: HeaderList): [string, string][] {
  const own = headers.filter(
    ([name]) => !CONNECTION_HEADERS.has(name.toLowerCase()) || name.toLowerCase() === CDN_LOOP,
  );
  // What the router says of a request to a function is not a function's to say.
  return own.filter(([name]) => !name.toLowerCase().startsWith("x-edge-")).map(([name, value]) => [name, value]);
}

/** What a function may send along, and that it came through here; repeated names stay apart. */
export function outgoingHeaders(headers: HeaderList): [string, string][] {
  const own = headers.filter(([name]) => !CONNECTION_HEADERS.has(name.toLowerCase()));
  return [...own.map(([name, value]): [string, string] => [name, value]), loopEntry(headers)];
}

export function withoutCredentials(headers: HeaderList): HeaderList {
  return headers.filter(([name]) => !CREDENTIAL_HEADERS.has(name.toLowerCase()));
}

/** Node's flat list of a response's headers as pairs, without those of the connection and of an encoding that was undone. */
export function incomingHeaders(rawHeaders: readonly string[], decoded: boolean): HeaderList {
  const list: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (CONNECTION_HEADERS.has(name) && (decoded || name !== "content-length")) continue;
    if (decoded && name === "content-encoding") continue;
    list.push([name, rawHeaders[index + 1] as string]);
  }
  return list;
}
