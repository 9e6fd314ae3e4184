import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { askUpstream } from "edge-fleet/upstream";
import map from "./redirects/map.txt";
import { Redirects } from "./redirects/rules.ts";

/**
 * Redirects by the map in `redirects/map.txt`, which comes and goes back with the release; a wrong line is in none. What the map has
 * not is passed on to `env.UPSTREAM`, or answered with 404 where there is none.
 */

const redirects = new Redirects(map);

const KEPT = "public, max-age=300, s-maxage=3600";

export default {
  async fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    const found = redirects.find(pathname, search);
    if (found === undefined) return elsewhere(request, env.UPSTREAM);
    if (found.status === 410)
      return Response.json({ error: "gone" }, { status: 410, headers: { "cache-control": KEPT } });
    return new Response(null, { status: found.status, headers: { location: found.location, "cache-control": KEPT } });
  },
} satisfies EdgeFunction;

async function elsewhere(request: Parameters<typeof askUpstream>[1], upstream: string | undefined): Promise<Response> {
  if (!upstream)
    return Response.json({ error: "not found" }, { status: 404, headers: { "cache-control": "public, max-age=60" } });
  try {
    return await askUpstream(upstream, request);
  } catch (error) {
    console.error(error);
    return Response.json(
      { error: "the upstream cannot be reached" },
      { status: 502, headers: { "cache-control": "no-store" } },
    );
  }
}
