import type { EdgeFunction } from "@edge-fleet/runner/contract";

const NAME_LENGTH_MAX = 100;

/** Greets: `/hello?name=Ada`. */
export default {
  fetch(request) {
    const name = new URL(request.url).searchParams.get("name") || "World";
    return new Response(`Hello, ${name.slice(0, NAME_LENGTH_MAX)}, from ${request.edge.region}!\n`, {
      headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
    });
  },
} satisfies EdgeFunction;
