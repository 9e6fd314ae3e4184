vcl 4.1;

import std;

backend runner {
  .path = "/srv/edge/run/router.sock";
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

sub edge_target {
  unset req.http.x-edge-error;
  if (req.url ~ "^.{8193}") {
    set req.http.x-edge-error = "ERR_URI_TOO_LONG";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_URI_TOO_LONG","message":"The request's path and query are longer than any function takes. A path and its query have 8192 bytes at most; send more in the body.","docs":"docs/errors.md#err_uri_too_long"},"requestId":""}""";
    return (synth(414));
  }
  if (req.url ~ "^(?!/)") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The target must be a path: it must begin with a slash.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
  if (req.url ~ "[^\x21-\x7e]") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The target has a space, a control character or a byte beyond ASCII: percent-encode it.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
  if (req.url ~ "#") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The target has a fragment, which belongs to the client alone.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
  if (req.url ~ "^[^?]*\\") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The path has a backslash, which some take for a slash: write / or %5C.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
  if (req.url ~ "^[^?]*%(?![0-9A-Fa-f]{2})") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The path has a percent sign without two hexadecimal digits: write %25.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
  if (req.url ~ "^[^?]*%00") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The path has an encoded zero byte.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
  if (req.url ~ "^[^?]*(?:/|\\|%2[fF]|%5[cC])(?:\.|%2[eE]){1,2}(?:(?:/|\\|%2[fF]|%5[cC])|[?]|$)") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The path has a segment . or .., plain or encoded: resolve it before sending.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
  if (req.http.host ~ "^(?!(?:(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])|(?=[^:]{1,254}(?::|$))(?:[A-Za-z0-9_-]{1,63}\.)*(?!(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?(?::|$))[A-Za-z0-9_-]{1,63}\.?|\[[0-9A-Fa-f:]{2,39}\])(?::(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4}))?$)") {
    set req.http.x-edge-error = "ERR_BAD_REQUEST";
    set req.http.x-edge-refusal = """{"error":{"code":"ERR_BAD_REQUEST","message":"The request's target or Host header could be read in more ways than one, or in none. The Host header must be there once, with a name or an address, and perhaps a port.","docs":"docs/errors.md#err_bad_request"},"requestId":""}""";
    return (synth(400));
  }
}

sub edge_refused {
  if (req.http.x-edge-error) {
    set resp.http.content-type = "application/json";
    set resp.http.cache-control = "no-store";
    set resp.http.x-edge-error = req.http.x-edge-error;
    set resp.body = req.http.x-edge-refusal;
    return (deliver);
  }
}

sub vcl_recv {
  if (req.url ~ "^/\.edge(/|$|\?)") {
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
  set beresp.body = {"{"error":{"code":"ERR_RUNNER_UNAVAILABLE","message":"the runner of this region does not answer" },"region":"eu-central-1" }"};
  return (deliver);
}

sub vcl_deliver {
  set resp.http.x-cache = req.http.x-cache;
  if (resp.status >= 500) {
    set resp.http.x-cache = "MISS";
  } else if (req.http.x-cache == "HIT") {
    set resp.http.server-timing = "edge;desc=eu-central-1, cache;desc=HIT";
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
