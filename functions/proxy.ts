import type { EdgeFunction } from "@edge-fleet/runner/contract";

const PREFIX = "/proxy";

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

/** Passes `/proxy/*` on to the origin in `env.ORIGIN`; its cache headers decide what the edge keeps. */
export default {
  async fetch(request, env) {
    if (!env.ORIGIN) return failure(500, "no origin: set edge-fleet:functions.proxy.env.ORIGIN in the stack config");
    try {
      const response = await fetch(originUrl(env.ORIGIN, request.url), {
        method: request.method,
        headers: requestHeaders(request.headers, request.edge.clientIp),
        body: request.method === "GET" || request.method === "HEAD" ? null : await request.arrayBuffer(),
        // Redirects are the client's to follow.
        redirect: "manual",
      });
      return new Response(response.body, { status: response.status, headers: responseHeaders(response.headers) });
    } catch (error) {
      console.error(error);
      return failure(502, "the origin cannot be reached");
    }
  },
} satisfies EdgeFunction;

/** Only path and query come from the client: setting them cannot change the origin's host. */
function originUrl(origin: string, requestUrl: string): URL {
  const { pathname, search } = new URL(requestUrl);
  const url = new URL(origin);
  url.pathname = url.pathname.replace(/\/$/, "") + (pathname.slice(PREFIX.length) || "/");
  url.search = search;
  return url;
}

function requestHeaders(received: Headers, clientIp: string): Headers {
  const headers = withoutHopByHop(received);
  for (const name of ["host", "content-length", "x-forwarded-host", "x-forwarded-proto", "forwarded"])
    headers.delete(name);
  headers.set("x-forwarded-for", clientIp);
  // The edge compresses for clients; `fetch` would have to unpack what the origin packs.
  headers.set("accept-encoding", "identity");
  return headers;
}

function responseHeaders(received: Headers): Headers {
  const headers = withoutHopByHop(received);
  for (const name of ["content-encoding", "content-length"]) headers.delete(name);
  return headers;
}

function withoutHopByHop(received: Headers): Headers {
  const headers = new Headers(received);
  const named = received.get("connection")?.split(",") ?? [];
  for (const name of [...HOP_BY_HOP, ...named.map((name) => name.trim())]) if (name) headers.delete(name);
  return headers;
}

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
