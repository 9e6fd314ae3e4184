import type { NodeConfig } from "../nodeConfig.ts";
import { sharing } from "./credentials.ts";
import { REQUEST_NOTES, STORED_NOTES } from "./ownHeaders.ts";
import { GRACE_CAP, UNREACHABLE_GRACE } from "./stale.ts";

/** Longest freshness, whatever an answer says: what is asked for goes on being looked at once a day. */
const TTL_CAP = "1d";
/** The same for errors: they are mended sooner than others notice. */
const ERROR_TTL_CAP = "10m";
/** How long an expired copy is kept to be compared with what there is then (`etag`, `last-modified`). */
const KEEP = "1d";
/** How long it is remembered that an answer cannot be kept. */
const UNCACHEABLE = "120s";
/** One object has this share of the cache at most. */
const LARGEST_SHARE = 8;

/** Request headers that are different for nearly every client: an answer that varies by them is kept for nobody. */
const CLIENTS_OWN = [
  ...["\\*", "cookie", "authorization", "user-agent", "referer", "x-request-id", "x-forwarded-for", "x-edge-client-ip"],
  ...["traceparent", "if-none-match", "if-modified-since", "range"],
];

/** Directives of `cache-control` that forbid what has expired, whatever other ones say. */
const NEVER_STALE = `"(?i)(^|[,\\s])(must-revalidate|proxy-revalidate)\\s*(,|$)"`;

const { control, tags, host, shared, revalidate, onError, vary } = STORED_NOTES;
const { credentials } = REQUEST_NOTES;

/** What of answers is kept, and how long: what they say of themselves, within bounds. */
export function storing({ size }: NodeConfig): string {
  const largestBytes = Math.floor((size.cacheMb * 1024 * 1024) / LARGEST_SHARE);
  return `# Remembered, so that requests for what cannot be kept do not wait for each other (hit-for-miss).
sub do_not_store {
  set beresp.uncacheable = true;
  set beresp.ttl = ${UNCACHEABLE};
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  # One memory for all variants.
  if (beresp.http.vary) {
    set beresp.http.${vary} = beresp.http.vary;
    unset beresp.http.vary;
  }
  return (deliver);
}

sub vcl_backend_response {
  if (bereq.uncacheable) {
    return (deliver);
  }
  std.collect(beresp.http.cache-control);
  std.collect(beresp.http.cdn-cache-control);
  std.collect(beresp.http.surrogate-control);
  std.collect(beresp.http.vary);
  std.collect(beresp.http.age);
  # What is said to this cache alone (RFC 9213, and Surrogate-Control before it) goes before what is said to all.
  set beresp.http.${control} = beresp.http.cache-control;
  if (beresp.http.cdn-cache-control) {
    set beresp.http.${control} = beresp.http.cdn-cache-control;
  } else if (beresp.http.surrogate-control) {
    set beresp.http.${control} = beresp.http.surrogate-control;
  }
  # The answer without its cookie is for everybody.
  if (beresp.http.${control} ~ {"(?i)(no-cache|private)\\s*=\\s*"\\s*set-cookie\\s*""}) {
    set beresp.http.${control} = regsuball(beresp.http.${control}, {"(?i)(no-cache|private)\\s*=\\s*"\\s*set-cookie\\s*""}, "");
    unset beresp.http.set-cookie;
  }
${sharing()}
  if (beresp.http.${control} ~ "(?i)(private|no-store|no-cache)" || beresp.http.set-cookie || (bereq.http.${credentials} && !beresp.http.${shared})) {
    call do_not_store;
  }
  if (beresp.status == 206 || beresp.status == 304 || beresp.status >= 500) {
    call do_not_store;
  }
  if (beresp.http.vary ~ "(?i)(^|[,\\s])(${CLIENTS_OWN.join("|")})\\s*(,|$)") {
    call do_not_store;
  }
  # Varnish takes no notice of who accepts which compression.
  if (beresp.http.content-encoding && beresp.http.content-encoding !~ "(?i)^(gzip|br|identity)$" && beresp.http.vary ~ "(?i)accept-encoding") {
    call do_not_store;
  }
  # Nobody knows how old it is.
  if (beresp.http.age && beresp.http.age !~ "^\\s*\\d+\\s*$") {
    call do_not_store;
  }
  # Varnish knows the freshness of some statuses only, and nothing of what is said to it alone.
  if (beresp.http.${control} ~ "(?i)(^|[,\\s])s-maxage=") {
    set beresp.ttl = std.duration(regsub(beresp.http.${control}, {"(?i)^(?:.*?[,\\s])??s-maxage="?(\\d+).*$"}, "\\1") + "s", 0s) - beresp.age;
  } else if (beresp.http.${control} ~ "(?i)(^|[,\\s])max-age=") {
    set beresp.ttl = std.duration(regsub(beresp.http.${control}, {"(?i)^(?:.*?[,\\s])??max-age="?(\\d+).*$"}, "\\1") + "s", 0s) - beresp.age;
  } else if (beresp.http.cdn-cache-control || beresp.http.surrogate-control) {
    set beresp.ttl = 0s;
  } else if (beresp.http.expires) {
    set beresp.ttl = std.time(beresp.http.expires, now) - std.time(beresp.http.date, now) - beresp.age;
  }
  # Another cache's stand-in is soon over.
  if (beresp.ttl <= 0s && beresp.http.x-cache == "STALE") {
    set beresp.uncacheable = true;
    set beresp.ttl = 1s;
    return (deliver);
  }
  if (beresp.ttl <= 0s || std.integer(beresp.http.content-length, 0) > ${largestBytes}) {
    call do_not_store;
  }

  set beresp.grace = ${UNREACHABLE_GRACE};
  set beresp.http.${onError} = "unreachable";
  if (beresp.http.${control} ~ ${NEVER_STALE} || beresp.http.${control} ~ "(?i)(^|[,\\s])s-maxage=") {
    set beresp.grace = 0s;
    unset beresp.http.${onError};
  }
  if (beresp.http.${control} !~ ${NEVER_STALE}) {
    if (beresp.http.${control} ~ "(?i)(^|[,\\s])stale-while-revalidate=\\d") {
      set beresp.http.${revalidate} = regsub(beresp.http.${control}, "(?i)^(?:.*?[,\\s])??stale-while-revalidate=(\\d+).*$", "\\1");
      if (beresp.grace < std.duration(beresp.http.${revalidate} + "s", 0s)) {
        set beresp.grace = std.duration(beresp.http.${revalidate} + "s", 0s);
      }
    }
    if (beresp.http.${control} ~ "(?i)(^|[,\\s])stale-if-error=\\d") {
      set beresp.http.${onError} = "any";
      if (beresp.grace < std.duration(regsub(beresp.http.${control}, "(?i)^(?:.*?[,\\s])??stale-if-error=(\\d+).*$", "\\1") + "s", 0s)) {
        set beresp.grace = std.duration(regsub(beresp.http.${control}, "(?i)^(?:.*?[,\\s])??stale-if-error=(\\d+).*$", "\\1") + "s", 0s);
      }
    }
  }
  if (beresp.grace > ${GRACE_CAP}) {
    set beresp.grace = ${GRACE_CAP};
  }
  if (beresp.http.etag || beresp.http.last-modified) {
    set beresp.keep = ${KEEP};
  }
  if (beresp.status >= 400 && beresp.ttl > ${ERROR_TTL_CAP}) {
    set beresp.ttl = ${ERROR_TTL_CAP};
  }
  if (beresp.ttl > ${TTL_CAP}) {
    set beresp.ttl = ${TTL_CAP};
  }
  # What was made together does not expire together.
  if (beresp.ttl > 60s) {
    set beresp.ttl = beresp.ttl * std.random(0.95, 1);
  }
  set beresp.http.${host} = bereq.http.host;
  if (beresp.http.cache-tag) {
    set beresp.http.${tags} = "," + regsuball(regsuball(beresp.http.cache-tag, "\\s+", ""), ",+", ",") + ",";
  }
}`;
}
