import { LIMITS } from "@edge-fleet/runner/limits";

const KB = 1_024;
const SECOND_MS = 1_000;

/** Request line and headers as a client may send them at most; no function takes more. */
export const HEADER_BYTES_MAX = LIMITS.requestHeaderBytes.ceiling;
/** HAProxy's own default, said because Varnish must take more. */
export const HEADERS_MAX = 101;

/**
 * HAProxy's own default: with it HTTP/2 has the frames that clients take for granted, and bodies cost least. A buffer holds a whole head, with
 * 8 bytes of HAProxy's own for each header, 1 KB for what rules add, and what the cache and other nodes have added.
 */
export const HAPROXY_BUFFER_BYTES = 16 * KB;

/** What programs on the way add: trusted headers, the trace, the cache's own. */
const ADDED_HEADERS = 27;
/** Nothing larger comes out of a buffer of HAProxy's. */
const LARGEST_HEAD = HAPROXY_BUFFER_BYTES;

/**
 * How long a kept connection may be idle, ms: at each hop the side that connects ends it first, so that no request meets a connection
 * that the listening side is closing. The router's is in `runner/router/dataServer.ts`.
 */
export const IDLE_MS = {
  /** A load balancer in front forgets connections after 350 s without a word. */
  haproxyFromClients: 60 * SECOND_MS,
  /** Half of the connections that were not needed since the last look are closed, so all of them within minutes. */
  haproxyToVarnish: 5 * SECOND_MS,
  varnishFromHaproxy: 600 * SECOND_MS,
  varnishToRouter: 10 * SECOND_MS,
} as const;

const ANSWER_MS = LIMITS.wallMs.ceiling + 5 * SECOND_MS;
const STILL_MS = LIMITS.bodyIdleMs.ceiling;

/** How long nothing may move during a request, ms: further out a little longer, so that the limit with a name fires first. */
export const SILENCE_MS = {
  /** Between two parts of a request's body; whoever says nothing for so long holds a thread of Varnish. */
  client: 65 * SECOND_MS,
  headers: 10 * SECOND_MS,
  varnishFirstByte: ANSWER_MS,
  varnishBetweenBytes: STILL_MS + 10 * SECOND_MS,
  /** An origin's, before its first byte and between two: what waits for it is told so by name. */
  origin: ANSWER_MS - SECOND_MS,
  haproxyServer: STILL_MS + 20 * SECOND_MS,
} as const;

/** Varnish's parameters for the same bounds. */
export const VARNISH_PARAMETERS: Readonly<Record<string, string>> = {
  timeout_idle: `${IDLE_MS.varnishFromHaproxy / SECOND_MS}`,
  backend_idle_timeout: `${IDLE_MS.varnishToRouter / SECOND_MS}`,
  http_req_size: `${LARGEST_HEAD / KB}k`,
  http_req_hdr_len: `${LARGEST_HEAD / KB}k`,
  http_resp_size: `${LARGEST_HEAD / KB}k`,
  http_resp_hdr_len: `${LARGEST_HEAD / KB}k`,
  listen_depth: "4096",
  http_max_hdr: `${HEADERS_MAX + ADDED_HEADERS}`,
  workspace_client: `${(6 * LARGEST_HEAD) / KB}k`,
  workspace_backend: `${(6 * LARGEST_HEAD) / KB}k`,
};
