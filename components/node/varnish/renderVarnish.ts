import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { targetRules } from "./targetRules.ts";

/**
 * Varnish's configuration: caches what the response allows and nothing else, answers its own health from the
 * router's, and says in `x-cache` and `server-timing` what it did.
 */
export function renderVarnish(node: NodeConfig, layout: NodeLayout): string {
  return `vcl 4.1;

import std;

backend runner {
  .path = "${layout.run}/router.sock";
  .connect_timeout = 1s;
  .first_byte_timeout = 35s;
  .between_bytes_timeout = 35s;
  .probe = {
    .url = "/.edge/readyz";
    .interval = 500ms;
    .timeout = 2s;
    .window = 4;
    .threshold = 2;
    .initial = 1;
  }
}

${targetRules()}

sub vcl_recv {
  if (req.url ~ "^/\\.edge(/|$|\\?)") {
    # Only HAProxy's own checks come without a client's address.
    if (!req.http.x-edge-client-ip && (req.url == "/.edge/healthz" || (req.url == "/.edge/readyz" && std.healthy(runner)))) {
      return (synth(200, "ok"));
    }
    if (!req.http.x-edge-client-ip && req.url == "/.edge/readyz") {
      return (synth(503, "no healthy runner"));
    }
    return (synth(404, "not found"));
  }
  # Absolute-form targets have poisoned caches (VSV00018).
  call edge_target;
  if (req.method == "PURGE" || req.method == "BAN") {
    return (synth(405, "method not allowed"));
  }
  # Varnish has added the address of its own UNIX socket.
  set req.http.x-forwarded-for = req.http.x-edge-client-ip;
  set req.http.x-cache = "MISS";
}

sub vcl_hit {
  set req.http.x-cache = "HIT";
}

sub vcl_pass {
  set req.http.x-cache = "PASS";
}

sub vcl_pipe {
  # HAProxy sends no CONNECT; a method that Varnish does not know gets an answer instead of a raw pipe.
  return (synth(501, "method not implemented"));
}

sub vcl_backend_fetch {
  unset bereq.http.x-cache;
  unset bereq.http.x-varnish;
}

sub vcl_backend_response {
  # A refresh in the background that fails leaves the stale copy where it is.
  if (bereq.is_bgfetch && beresp.status >= 500) {
    return (abandon);
  }
  if (beresp.status >= 400 || beresp.http.set-cookie || beresp.http.cache-control ~ "(?i)(private|no-store|no-cache)" || beresp.ttl <= 0s) {
    # Remembered for two minutes, so that requests for what cannot be cached do not wait for each other.
    set beresp.uncacheable = true;
    set beresp.ttl = 120s;
    return (deliver);
  }
}

sub vcl_backend_error {
  if (bereq.is_bgfetch) {
    return (abandon);
  }
  # For those who wait for this answer, and for nobody after them.
  set beresp.ttl = 0s;
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  set beresp.http.content-type = "application/json";
  set beresp.http.retry-after = "1";
  # A long string ends at a quote followed by a brace, hence the spaces.
  set beresp.body = {"{"error":{"code":"ERR_RUNNER_UNAVAILABLE","message":"the runner of this region does not answer" },"region":"${node.region}" }"};
  return (deliver);
}

sub vcl_deliver {
  set resp.http.x-cache = req.http.x-cache;
  if (resp.status >= 500) {
    set resp.http.x-cache = "MISS";
  } else if (req.http.x-cache == "HIT") {
    set resp.http.server-timing = "edge;desc=${node.region}, cache;desc=HIT";
  }
  unset resp.http.via;
  unset resp.http.x-varnish;
}

sub vcl_synth {
  call edge_refused;
  set resp.http.content-type = "text/plain";
  set resp.body = resp.reason;
  return (deliver);
}
`;
}
