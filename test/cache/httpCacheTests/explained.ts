/** Tests that bare Varnish passes and the node does not, with the reason; docs/cache.md tells them to people. */
export const EXPLAINED: readonly { readonly tests: RegExp; readonly why: string }[] = [
  {
    tests: /^(heuristic-|freshness-expires-|pragma-response-no-cache-heuristic$|other-heuristic-)/,
    why: "Bare Varnish keeps for two minutes what says nothing of its freshness, or nothing that can be read. A function that says nothing is asked.",
  },
  {
    tests:
      /^(304-etag-update-response-(ETag|Content-MD5|Set-Cookie)|conditional-etag-(strong-generate-unquoted|vary-headers-mismatch)|stale-503|ccreq-max-stale)$/,
    why: "Bare Varnish gives what is up to ten seconds stale, whatever was said, and refreshes it afterwards; what the suite makes of that depends on who is faster. Here an answer says whether it may be stale (`stale-while-revalidate`, `stale-if-error`).",
  },
  {
    tests: /^freshness-max-age-two-stale-fresh-/,
    why: "Of two values of max-age bare Varnish takes either; the first one counts.",
  },
  { tests: /^age-parse-prefix$/, why: "An age that is no number is taken for unknown, and the answer is not kept." },
  { tests: /^invalidate-M-SEARCH/, why: "No function has the method M-SEARCH: the door refuses it." },
  { tests: /^surrogate-remove-header$/, why: "What is said to this cache alone is not shown to clients." },
];
