import type { EdgeRequest } from "@edge-fleet/runner/contract";

/** Headers of one connection (RFC 9110, 7.6.1), which must not be passed on. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export interface UpstreamOptions {
  /** Path below the upstream's own, as URLs have it. Default: the request's. */
  readonly path?: string;
  /** Headers to set; null takes one away. Default: the client's as they came. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

/**
 * Asks another server what a client asked: same method, query, headers and body, which streams. Redirects are answers. The answer's
 * headers may be changed.
 *
 * @param upstream `https://app.example.com`, with a path where all of it lies below one. The client's words cannot change its host.
 * @throws TypeError when `upstream` is no URL or cannot be reached.
 */
export async function askUpstream(
  upstream: string,
  request: EdgeRequest,
  { path, headers: changes = {} }: UpstreamOptions = {},
): Promise<Response> {
  const asked = new URL(request.url);
  const url = new URL(upstream);
  url.pathname = url.pathname.replace(/\/$/, "") + (path ?? asked.pathname);
  url.search = asked.search;
  const headers = withoutHopByHop(request.headers);
  for (const name of ["host", "content-length", "x-forwarded-host", "x-forwarded-proto", "forwarded"])
    headers.delete(name);
  headers.set("x-forwarded-for", request.edge.clientIp);
  // The edge compresses for clients; `fetch` would have to unpack what the upstream packs.
  headers.set("accept-encoding", "identity");
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  const body = request.method === "GET" || request.method === "HEAD" ? null : request.body;
  const response = await fetch(url, { method: request.method, headers, body, duplex: "half", redirect: "manual" });
  const received = withoutHopByHop(response.headers);
  for (const name of ["content-encoding", "content-length"]) received.delete(name);
  return new Response(response.body, { status: response.status, headers: received });
}

/**
 * A body as a whole, so that what another server sends cannot fill the isolate's heap.
 *
 * @returns undefined when it has more bytes than `bytesMax`; the rest is not read.
 */
export async function boundedBytes(response: Response, bytesMax: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** The same as text in UTF-8. @returns undefined when it has more bytes than `bytesMax`. */
export async function boundedText(response: Response, bytesMax: number): Promise<string | undefined> {
  const bytes = await boundedBytes(response, bytesMax);
  return bytes && new TextDecoder().decode(bytes);
}

function withoutHopByHop(received: Headers): Headers {
  const headers = new Headers(received);
  const named = received.get("connection")?.split(",") ?? [];
  for (const name of [...HOP_BY_HOP, ...named.map((name) => name.trim())]) if (name) headers.delete(name);
  return headers;
}
