import type { EdgeFunction } from "@edge-fleet/runner/contract";

const NAME_LENGTH_MAX = 100;

/** Greets: `/hello?name=Ada`; with the words of `env.GREETING`, where that is set. */
export default {
  fetch(request, env) {
    const name = new URL(request.url).searchParams.get("name") || "World";
    return new Response(
      `${env.GREETING ?? "Hello"}, ${name.slice(0, NAME_LENGTH_MAX)}, from ${request.edge.region}!\n`,
      {
        headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
      },
    );
  },
} satisfies EdgeFunction;
