import type { EdgeFunction } from "@edge-fleet/runner/contract";

/** Tells clients where they are and which region answers. */
export default {
  fetch(request) {
    const { region, country, clientIp } = request.edge;
    // The answer is the client's own, so no cache may give it to another.
    return Response.json({ region, country, clientIp }, { headers: { "cache-control": "private, no-store" } });
  },
} satisfies EdgeFunction;
