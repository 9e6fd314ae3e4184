import { REQUEST_NOTES, STORED_NOTES } from "./ownHeaders.ts";

/** A copy that says nothing of errors stands in for a backend that cannot be reached for so long. */
export const UNREACHABLE_GRACE = "1h";
/** Longest time after its freshness in which a copy is of any use, whatever it says. */
export const GRACE_CAP = "7d";
/** After a failed refresh the next one is tried so much later. */
const FAILED_REFRESH = "5s";

/** Reason of an error that the cache makes of an answer: nobody else is asked for it. */
export const REFRESH_FAILED = "the refresh failed";

const { mode, failed, onError } = REQUEST_NOTES;
const { revalidate } = STORED_NOTES;

/**
 * Copies past their freshness. Varnish has one time for all of that (grace), answers have three: while it is refreshed
 * behind the client's back (`stale-while-revalidate`), when the answer is an error (`stale-if-error`), when nobody answers.
 *
 * An expired copy that may only stand in for a failure is refreshed first, in one fetch for all who ask (`refresh`). If that fails,
 * its result is a mark instead of an error: a variant of the page that only refreshing requests see. It has no time to live, so that it
 * does not take the place of the copy (from Varnish 8 on those who waited have it all the same); whoever made the fetch puts one
 * beside it that lasts some seconds. Who sees a mark takes the copy (`stale`), instead of trying one after the other.
 */
export function stale(): string {
  return `sub vcl_recv {
  set req.hash_always_miss = false;
  if (req.http.${mode} == "refresh") {
    set req.grace = 0s;
    if (req.http.${failed}) {
      set req.hash_always_miss = true;
    }
  } else {
    set req.grace = ${GRACE_CAP};
  }
}

sub vcl_hit {
  if (obj.http.${failed}) {
    set req.http.${mode} = "stale";
    return (restart);
  }
  if (obj.ttl < 0s && !req.http.${mode} && obj.ttl + std.duration(obj.http.${revalidate} + "s", 0s) <= 0s && std.healthy(req.backend_hint)) {
    set req.http.${mode} = "refresh";
    set req.http.${onError} = obj.http.${onError};
    return (restart);
  }
}

sub vcl_backend_fetch {
  if (bereq.is_bgfetch && bereq.http.${mode} == "stale") {
    return (abandon);
  }
  if (bereq.http.${mode} == "refresh" && bereq.http.${failed}) {
    return (error(503, "${REFRESH_FAILED}"));
  }
}

sub vcl_backend_response {
  if (beresp.status >= 500 && bereq.is_bgfetch) {
    return (abandon);
  }
  if (beresp.status >= 500 && bereq.http.${mode} == "refresh" && bereq.http.${onError} == "any") {
    return (error(503, "${REFRESH_FAILED}"));
  }
}

sub vcl_backend_error {
  if (bereq.is_bgfetch) {
    return (abandon);
  }
  if (bereq.http.${mode} == "refresh") {
    set beresp.ttl = 0s;
    if (bereq.http.${failed}) {
      set beresp.ttl = ${FAILED_REFRESH};
    }
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    set beresp.http.vary = "${mode}";
    set beresp.http.${failed} = "1";
    return (deliver);
  }
}

sub vcl_deliver {
  if (resp.http.${failed}) {
    if (req.http.${failed}) {
      set req.http.${mode} = "stale";
    }
    set req.http.${failed} = "1";
    return (restart);
  }
}`;
}
