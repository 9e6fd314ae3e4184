import { PEER_HEADERS } from "../haproxy/out/peerHeaders.ts";
import type { NodeConfig } from "../nodeConfig.ts";
import { REQUEST_NOTES, STORED_NOTES, unset } from "./ownHeaders.ts";

const { outcome, brotli } = REQUEST_NOTES;
const { vary } = STORED_NOTES;

/** Where a request goes at last, and what the answer says of the cache: `x-cache`, `server-timing`, `age`. */
export function delivery({ region }: NodeConfig): string {
  return `sub vcl_recv {
  if (req.method != "GET" && req.method != "HEAD") {
    return (pass);
  }
  return (hash);
}

sub vcl_hit {
  set req.http.${outcome} = "HIT";
  if (obj.ttl < 0s) {
    set req.http.${outcome} = "STALE";
  }
  return (deliver);
}

sub vcl_miss {
  set req.http.${outcome} = "MISS";
  # Known not to be kept: the function may send a part, or nothing, where Varnish would fetch the whole.
  if (req.is_hitmiss && (req.http.range || req.http.if-none-match || req.http.if-modified-since)) {
    return (pass);
  }
  return (fetch);
}

sub vcl_pass {
  set req.http.${outcome} = "PASS";
  return (fetch);
}

sub vcl_backend_fetch {
  unset bereq.http.x-varnish;
  return (fetch);
}

sub vcl_backend_response {
  return (deliver);
}

sub vcl_deliver {
  set resp.http.x-cache = req.http.${outcome};
  if (req.http.${outcome} == "HIT" || req.http.${outcome} == "STALE") {
    set resp.http.server-timing = "edge;desc=${region}, cache;desc=" + req.http.${outcome};
  }
  if (resp.http.${vary}) {
    set resp.http.vary = resp.http.${vary};
  }
  if (resp.http.vary ~ "${brotli}") {
    set resp.http.vary = regsub(resp.http.vary, ",? ?${brotli}", "");
    if (resp.http.vary == "") {
      set resp.http.vary = "accept-encoding";
    }
  }
${unset("resp", STORED_NOTES, "  ")}
  # Another node's cache is told of the tags: it purges by them as well.
  if (!req.http.${PEER_HEADERS.hops}) {
    unset resp.http.cache-tag;
    unset resp.http.surrogate-control;
  }
  unset resp.http.via;
  unset resp.http.x-varnish;
  return (deliver);
}`;
}
