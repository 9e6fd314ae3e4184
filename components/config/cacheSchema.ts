import { distinct, keyed, text } from "./schemaParts.ts";

const staticPath = text({
  fits: (path) => /^\/(?:[\w.~-]+\/)*(?:[\w.~-]+|\*)$/.test(path),
  problem: "is not a path that the cache can match",
  remedy: "Use a whole path or everything below one: /favicon.ico, /assets/*.",
});

/** `edge-fleet:cache`: what the caches of all nodes are told of the sites. */
export const cache = keyed({
  staticPaths: distinct(staticPath)
    .default([])
    .describe(
      "Paths that are the same for every visitor: /favicon.ico, /assets/* (all below). Cookies are kept off them, both ways.",
    ),
})
  .prefault({})
  .describe("What the caches of all nodes are told of the sites.");
