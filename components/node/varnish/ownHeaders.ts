/**
 * Headers in which the cache keeps notes: on requests while they are under way, on what is stored, never on what leaves the node.
 * All begin with `x-edge-`, which neither clients nor functions can send.
 */
export const REQUEST_NOTES = {
  /** `refresh`: fetch, an expired copy will not do; `stale`: fetching failed, an expired copy will do. */
  mode: "x-edge-cache-mode",
  /** Fetching failed: leave a mark for those who wait. */
  failed: "x-edge-cache-failed",
  /** When the expired copy may stand in: `any` failure, or only an `unreachable` backend. */
  onError: "x-edge-cache-on-error",
  /** The request has a cookie or an authorisation. */
  credentials: "x-edge-cache-credentials",
  /** The path is the same for every visitor. */
  isStatic: "x-edge-cache-static",
  /** The client takes brotli. */
  brotli: "x-edge-cache-brotli",
  /** The campaign parameters that were taken out of the URL. */
  campaign: "x-edge-cache-campaign",
  /** The origin that it is for, also while its shield is asked. */
  origin: "x-edge-cache-origin",
  /** HIT, STALE, MISS or PASS. */
  outcome: "x-edge-cache-outcome",
} as const;

export const STORED_NOTES = {
  /** The `cache-control` that holds for this cache. */
  control: "x-edge-cache-control",
  /** Seconds after its freshness in which it is served while it is refreshed. */
  revalidate: "x-edge-cache-revalidate",
  onError: REQUEST_NOTES.onError,
  /** Also for requests with credentials. */
  shared: "x-edge-cache-shared",
  /** Tags between commas: `,a,b,`. */
  tags: "x-edge-cache-tags",
  host: "x-edge-cache-host",
  /** Host and URL of what has policies or a version in its key. */
  page: "x-edge-cache-page",
  /** `vary` of what is not stored: it must not make a mark for each variant. */
  vary: "x-edge-cache-vary",
  /** The mark of a failed refresh. */
  failed: REQUEST_NOTES.failed,
} as const;

export function ownHeaders(): string {
  return `sub vcl_recv {
  if (req.restarts == 0) {
${unset("req", REQUEST_NOTES, "    ")}
  }
}

sub vcl_backend_response {
${unset("beresp", STORED_NOTES, "  ")}
}`;
}

/** Removes all notes from `bereq`, `resp`, … */
export function unset(message: string, notes: Readonly<Record<string, string>>, indent: string): string {
  return Object.values(notes)
    .map((name) => `${indent}unset ${message}.http.${name};`)
    .join("\n");
}
