import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { askUpstream } from "edge-fleet/upstream";

const PREFIX = "/proxy";

/** Passes `/proxy/*` on to the origin in `env.ORIGIN`; its cache headers decide what the edge keeps. */
export default {
  async fetch(request, env) {
    if (!env.ORIGIN) return failure(500, "no origin: set edge-fleet:functions.proxy.env.ORIGIN in the stack config");
    try {
      return await askUpstream(env.ORIGIN, request, {
        path: new URL(request.url).pathname.slice(PREFIX.length) || "/",
      });
    } catch (error) {
      console.error(error);
      return failure(502, "the origin cannot be reached");
    }
  },
} satisfies EdgeFunction;

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
