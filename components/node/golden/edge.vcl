vcl 4.1;

import directors;
import purge;
import std;

sub vcl_recv {
  if (req.restarts == 0) {
    unset req.http.x-edge-cache-mode;
    unset req.http.x-edge-cache-failed;
    unset req.http.x-edge-cache-on-error;
    unset req.http.x-edge-cache-credentials;
    unset req.http.x-edge-cache-static;
    unset req.http.x-edge-cache-brotli;
    unset req.http.x-edge-cache-campaign;
    unset req.http.x-edge-cache-origin;
    unset req.http.x-edge-cache-outcome;
  }
}

sub vcl_backend_response {
  unset beresp.http.x-edge-cache-control;
  unset beresp.http.x-edge-cache-revalidate;
  unset beresp.http.x-edge-cache-on-error;
  unset beresp.http.x-edge-cache-shared;
  unset beresp.http.x-edge-cache-tags;
  unset beresp.http.x-edge-cache-host;
  unset beresp.http.x-edge-cache-page;
  unset beresp.http.x-edge-cache-vary;
  unset beresp.http.x-edge-cache-failed;
}

backend runner {
  .path = "/srv/edge/run/router.sock";
  .connect_timeout = 1s;
  .first_byte_timeout = 35s;
  .between_bytes_timeout = 310s;
  .probe = {
    .url = "/.edge/readyz";
    .interval = 500ms;
    .timeout = 2s;
    .window = 4;
    .threshold = 2;
    .initial = 1;
  }
}

backend farm {
  .path = "/srv/edge/run/out.sock";
  .connect_timeout = 1s;
  .first_byte_timeout = 35s;
  .between_bytes_timeout = 310s;
  .probe = {
    .request = "GET /.edge/readyz HTTP/1.1" "Host: out" "x-edge-out: farm" "Connection: close";
    .interval = 1s;
    .timeout = 1s;
    .window = 2;
    .threshold = 1;
    .initial = 0;
  }
}

backend shield_us_east_1 {
  .path = "/srv/edge/run/out.sock";
  .connect_timeout = 1s;
  .first_byte_timeout = 35s;
  .between_bytes_timeout = 310s;
  .probe = {
    .request = "GET /.edge/readyz HTTP/1.1" "Host: out" "x-edge-out: shield-us-east-1" "Connection: close";
    .interval = 1s;
    .timeout = 1s;
    .window = 2;
    .threshold = 1;
    .initial = 0;
  }
}

backend origin_site {
  .path = "/srv/edge/run/out.sock";
  .connect_timeout = 1s;
  .first_byte_timeout = 35s;
  .between_bytes_timeout = 310s;
  .probe = {
    .request = "GET /.edge/readyz HTTP/1.1" "Host: out" "x-edge-out: origin-site" "Connection: close";
    .interval = 1s;
    .timeout = 1s;
    .window = 2;
    .threshold = 1;
    .initial = 0;
  }
}

sub vcl_init {
  new runners = directors.fallback();
  runners.add_backend(runner);
  runners.add_backend(farm);
}

sub vcl_recv {
  set req.backend_hint = runners.backend();
  set req.http.x-edge-out = "farm";
  # Two caches that wait for each other's answer to the same request would wait for ever; a shield asks nobody back.
  if (req.http.x-edge-hops && !req.http.x-edge-shielded) {
    set req.hash_ignore_busy = true;
  }
}

sub vcl_deliver {
  # A copy is this region's answer, wherever it came from.
  if (obj.hits > 0) {
    unset resp.http.x-edge-region;
  }
}

sub vcl_recv {
  if (req.http.host ~ "(?i)^(www\.example\.com)\.?(:\d+)?$") {
    set req.backend_hint = origin_site;
    set req.http.x-edge-out = "origin-site";
    set req.http.x-edge-cache-origin = "origin-site";
    # A function's route may take the same path on any host.
    unset req.http.x-edge-version;
    if (!req.http.x-edge-hops && std.healthy(shield_us_east_1)) {
      set req.backend_hint = shield_us_east_1;
      set req.http.x-edge-out = "shield-us-east-1";
    }
  }
}

sub vcl_backend_fetch {
  if (bereq.retries > 0 && bereq.http.x-edge-cache-origin == "origin-site") {
    set bereq.backend = origin_site;
    set bereq.http.x-edge-out = "origin-site";
  }
}

sub vcl_backend_fetch {
  if (bereq.retries > 0 && bereq.http.x-edge-out == "farm") {
    set bereq.backend = farm;
  }
}

sub vcl_backend_response {
  if (bereq.retries == 0 && (bereq.method == "GET" || bereq.method == "HEAD") && bereq.http.x-edge-out == "farm" && std.healthy(farm) && beresp.backend == runner && beresp.http.x-edge-error ~ "^ERR_(NO_WORKER|NO_RELEASE)$") {
    return (retry);
  }
  # Said to another node, which then asks the next one.
  if (beresp.status == 425) {
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    return (deliver);
  }
}

sub vcl_backend_error {
  if (bereq.retries == 0 && (bereq.method == "GET" || bereq.method == "HEAD") && bereq.http.x-edge-out == "farm" && std.healthy(farm) && beresp.reason != "the refresh failed") {
    return (retry);
  }
}

sub vcl_backend_response {
  if (bereq.retries == 0 && (bereq.method == "GET" || bereq.method == "HEAD") && beresp.http.x-edge-error == "ERR_SHIELD_UNAVAILABLE") {
    return (retry);
  }
}

sub vcl_recv {
  if (local.socket == "purge") {
    if (req.method == "BAN") {
      if (req.http.x-edge-tag) {
        ban("obj.http.x-edge-cache-tags ~ ," + req.http.x-edge-tag + ",");
      } else if (req.http.x-edge-host) {
        ban("obj.http.x-edge-cache-host ~ ^" + req.http.x-edge-host + "(:[0-9]+)?$");
      } else {
        ban("obj.status != 0");
      }
      return (synth(200, "banned"));
    }
    if (req.method != "PURGE" || !req.http.host || req.url !~ "^/") {
      return (synth(405, "PURGE or BAN"));
    }
    # As in requests of clients, so that the same URL has the same key.
    set req.method = "GET";
    set req.hash_ignore_busy = true;
  }
}

sub vcl_hit {
  if (local.socket == "purge") {
    call purge_page;
  }
}

sub vcl_miss {
  if (local.socket == "purge") {
    call purge_page;
  }
}

sub purge_page {
  # Copies of functions with policies, and of candidates, have more in their keys.
  ban("obj.http.x-edge-cache-page == " + req.http.host + std.querysort(req.url));
  if (req.http.x-edge-soft) {
    set req.http.x-edge-purged = purge.soft(0s);
  } else {
    set req.http.x-edge-purged = purge.hard();
  }
  return (synth(200, req.http.x-edge-purged));
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
  # An answer instead of the raw pipe that Varnish would make of a method that it does not know.
  if (req.method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
    return (synth(501, "method not implemented"));
  }
  # Varnish has added the address of its own UNIX socket.
  set req.http.x-forwarded-for = req.http.x-edge-client-ip;
}

sub vcl_recv {
  if (req.http.x-edge-preview) {
    return (pass);
  }
}

sub vcl_hash {
  hash_data(req.http.x-edge-version);
}

sub vcl_backend_response {
  if ((beresp.http.x-edge-version || bereq.http.x-edge-version) && beresp.http.x-edge-version != bereq.http.x-edge-version) {
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    return (deliver);
  }
  # Found by its URL when that is purged, whatever else is in its key.
  if (bereq.http.x-edge-version || bereq.http.x-edge-policy) {
    set beresp.http.x-edge-cache-page = bereq.http.host + std.querysort(bereq.url);
  }
}

sub vcl_deliver {
  # Another node's cache is told which version answered.
  if (!req.http.x-edge-hops) {
    unset resp.http.x-edge-version;
  }
}

sub vcl_recv {
  if (req.restarts == 0) {
    set req.http.host = std.tolower(req.http.host);
    std.collect(req.http.accept);
    std.collect(req.http.accept-encoding);
    std.collect(req.http.accept-language);
    if (req.http.accept-language) {
      set req.http.accept-language = regsuball(std.tolower(req.http.accept-language), "\s+", "");
    }
    if (req.http.accept) {
      set req.http.accept = regsuball(req.http.accept, "\s+", "");
    }
    if (req.http.accept-encoding ~ "(?i)(^|[,\s])br\s*(,|;\s*q=(1|0\.0*[1-9])|$)") {
      set req.http.x-edge-cache-brotli = "1";
    }
    if ((req.method == "GET" || req.method == "HEAD") && req.url ~ "[?&](?:utm_[a-z_]+|gclid|gclsrc|gbraid|wbraid|dclid|srsltid|_ga|_gl|fbclid|igshid|msclkid|ttclid|twclid|li_fat_id|yclid|mc_cid|mc_eid)=") {
      set req.http.x-edge-cache-campaign = regsub(regsuball(regsub(req.url, "^[^?]*\?", "&"), "&(?!(?:utm_[a-z_]+|gclid|gclsrc|gbraid|wbraid|dclid|srsltid|_ga|_gl|fbclid|igshid|msclkid|ttclid|twclid|li_fat_id|yclid|mc_cid|mc_eid)=)[^&]*", ""), "^&", "");
      set req.url = regsuball(regsub(req.url, "\?", "?&"), "&(?:utm_[a-z_]+|gclid|gclsrc|gbraid|wbraid|dclid|srsltid|_ga|_gl|fbclid|igshid|msclkid|ttclid|twclid|li_fat_id|yclid|mc_cid|mc_eid)=[^&]*", "");
      set req.url = regsub(regsub(req.url, "\?&", "?"), "\?$", "");
    }
  }
}

sub vcl_hash {
  hash_data(std.querysort(req.url));
  hash_data(req.http.host);
  # What was let in under some policies answers nobody who was let in under others.
  hash_data(req.http.x-edge-policy);
  return (lookup);
}

sub vcl_backend_fetch {
  # Varnish asks for gzip by itself; a function that has brotli may give it.
  if (bereq.http.x-edge-cache-brotli && !bereq.uncacheable) {
    set bereq.http.accept-encoding = "br, gzip";
  }
}

sub vcl_deliver {
  # A redirect within the site takes the campaign along, which the function has not seen.
  if (req.http.x-edge-cache-campaign && resp.http.location && resp.status >= 301 && resp.status <= 308 && resp.http.location !~ "[?&](?:utm_[a-z_]+|gclid|gclsrc|gbraid|wbraid|dclid|srsltid|_ga|_gl|fbclid|igshid|msclkid|ttclid|twclid|li_fat_id|yclid|mc_cid|mc_eid)=" && (resp.http.location ~ "^/(?!/)" || regsub(resp.http.location, "^https?://([^/?#]*).*$", "\1") == req.http.host)) {
    if (resp.http.location ~ "^[^#]*\?") {
      set resp.http.location = regsub(resp.http.location, "#.*$", "") + "&" + req.http.x-edge-cache-campaign + regsub(resp.http.location, "^[^#]*", "");
    } else {
      set resp.http.location = regsub(resp.http.location, "#.*$", "") + "?" + req.http.x-edge-cache-campaign + regsub(resp.http.location, "^[^#]*", "");
    }
  }
}

sub vcl_recv {
  if ((req.method == "GET" || req.method == "HEAD") && req.url ~ "^(/assets/|/favicon\.ico(\?|$))") {
    unset req.http.cookie;
    set req.http.x-edge-cache-static = "1";
  }
}

sub vcl_backend_response {
  if (bereq.http.x-edge-cache-static) {
    unset beresp.http.set-cookie;
  }
}

sub vcl_recv {
  if (req.http.cookie || req.http.authorization) {
    set req.http.x-edge-cache-credentials = "1";
  }
}

sub vcl_hit {
  if (req.http.x-edge-cache-credentials && !obj.http.x-edge-cache-shared && !obj.http.x-edge-cache-failed) {
    return (pass);
  }
}

sub vcl_recv {
  set req.hash_always_miss = false;
  if (req.http.x-edge-cache-mode == "refresh") {
    set req.grace = 0s;
    if (req.http.x-edge-cache-failed) {
      set req.hash_always_miss = true;
    }
  } else {
    set req.grace = 7d;
  }
}

sub vcl_hit {
  if (obj.http.x-edge-cache-failed) {
    set req.http.x-edge-cache-mode = "stale";
    return (restart);
  }
  if (obj.ttl < 0s && !req.http.x-edge-cache-mode && obj.ttl + std.duration(obj.http.x-edge-cache-revalidate + "s", 0s) <= 0s && std.healthy(req.backend_hint)) {
    set req.http.x-edge-cache-mode = "refresh";
    set req.http.x-edge-cache-on-error = obj.http.x-edge-cache-on-error;
    return (restart);
  }
}

sub vcl_backend_fetch {
  if (bereq.is_bgfetch && bereq.http.x-edge-cache-mode == "stale") {
    return (abandon);
  }
  if (bereq.http.x-edge-cache-mode == "refresh" && bereq.http.x-edge-cache-failed) {
    return (error(503, "the refresh failed"));
  }
}

sub vcl_backend_response {
  if (beresp.status >= 500 && bereq.is_bgfetch) {
    return (abandon);
  }
  if (beresp.status >= 500 && bereq.http.x-edge-cache-mode == "refresh" && bereq.http.x-edge-cache-on-error == "any") {
    return (error(503, "the refresh failed"));
  }
}

sub vcl_backend_error {
  if (bereq.is_bgfetch) {
    return (abandon);
  }
  if (bereq.http.x-edge-cache-mode == "refresh") {
    set beresp.ttl = 0s;
    if (bereq.http.x-edge-cache-failed) {
      set beresp.ttl = 5s;
    }
    set beresp.grace = 0s;
    set beresp.keep = 0s;
    set beresp.http.vary = "x-edge-cache-mode";
    set beresp.http.x-edge-cache-failed = "1";
    return (deliver);
  }
}

sub vcl_deliver {
  if (resp.http.x-edge-cache-failed) {
    if (req.http.x-edge-cache-failed) {
      set req.http.x-edge-cache-mode = "stale";
    }
    set req.http.x-edge-cache-failed = "1";
    return (restart);
  }
}

# Remembered, so that requests for what cannot be kept do not wait for each other (hit-for-miss).
sub do_not_store {
  set beresp.uncacheable = true;
  set beresp.ttl = 120s;
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  # One memory for all variants.
  if (beresp.http.vary) {
    set beresp.http.x-edge-cache-vary = beresp.http.vary;
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
  set beresp.http.x-edge-cache-control = beresp.http.cache-control;
  if (beresp.http.cdn-cache-control) {
    set beresp.http.x-edge-cache-control = beresp.http.cdn-cache-control;
  } else if (beresp.http.surrogate-control) {
    set beresp.http.x-edge-cache-control = beresp.http.surrogate-control;
  }
  # The answer without its cookie is for everybody.
  if (beresp.http.x-edge-cache-control ~ {"(?i)(no-cache|private)\s*=\s*"\s*set-cookie\s*""}) {
    set beresp.http.x-edge-cache-control = regsuball(beresp.http.x-edge-cache-control, {"(?i)(no-cache|private)\s*=\s*"\s*set-cookie\s*""}, "");
    unset beresp.http.set-cookie;
  }
  if (beresp.http.x-edge-cache-control ~ "(?i)(^|[,\s])(public|s-maxage)\s*(,|=|$)") {
    set beresp.http.x-edge-cache-shared = "1";
  }
  if (beresp.http.x-edge-cache-control ~ "(?i)(private|no-store|no-cache)" || beresp.http.set-cookie || (bereq.http.x-edge-cache-credentials && !beresp.http.x-edge-cache-shared)) {
    call do_not_store;
  }
  if (beresp.status == 206 || beresp.status == 304 || beresp.status >= 500) {
    call do_not_store;
  }
  if (beresp.http.vary ~ "(?i)(^|[,\s])(\*|cookie|authorization|user-agent|referer|x-request-id|x-forwarded-for|x-edge-client-ip|traceparent|if-none-match|if-modified-since|range)\s*(,|$)") {
    call do_not_store;
  }
  # Varnish takes no notice of who accepts which compression.
  if (beresp.http.content-encoding && beresp.http.content-encoding !~ "(?i)^(gzip|br|identity)$" && beresp.http.vary ~ "(?i)accept-encoding") {
    call do_not_store;
  }
  # Nobody knows how old it is.
  if (beresp.http.age && beresp.http.age !~ "^\s*\d+\s*$") {
    call do_not_store;
  }
  # Varnish knows the freshness of some statuses only, and nothing of what is said to it alone.
  if (beresp.http.x-edge-cache-control ~ "(?i)(^|[,\s])s-maxage=") {
    set beresp.ttl = std.duration(regsub(beresp.http.x-edge-cache-control, {"(?i)^(?:.*?[,\s])??s-maxage="?(\d+).*$"}, "\1") + "s", 0s) - beresp.age;
  } else if (beresp.http.x-edge-cache-control ~ "(?i)(^|[,\s])max-age=") {
    set beresp.ttl = std.duration(regsub(beresp.http.x-edge-cache-control, {"(?i)^(?:.*?[,\s])??max-age="?(\d+).*$"}, "\1") + "s", 0s) - beresp.age;
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
  if (beresp.ttl <= 0s || std.integer(beresp.http.content-length, 0) > 8388608) {
    call do_not_store;
  }

  set beresp.grace = 1h;
  set beresp.http.x-edge-cache-on-error = "unreachable";
  if (beresp.http.x-edge-cache-control ~ "(?i)(^|[,\s])(must-revalidate|proxy-revalidate)\s*(,|$)" || beresp.http.x-edge-cache-control ~ "(?i)(^|[,\s])s-maxage=") {
    set beresp.grace = 0s;
    unset beresp.http.x-edge-cache-on-error;
  }
  if (beresp.http.x-edge-cache-control !~ "(?i)(^|[,\s])(must-revalidate|proxy-revalidate)\s*(,|$)") {
    if (beresp.http.x-edge-cache-control ~ "(?i)(^|[,\s])stale-while-revalidate=\d") {
      set beresp.http.x-edge-cache-revalidate = regsub(beresp.http.x-edge-cache-control, "(?i)^(?:.*?[,\s])??stale-while-revalidate=(\d+).*$", "\1");
      if (beresp.grace < std.duration(beresp.http.x-edge-cache-revalidate + "s", 0s)) {
        set beresp.grace = std.duration(beresp.http.x-edge-cache-revalidate + "s", 0s);
      }
    }
    if (beresp.http.x-edge-cache-control ~ "(?i)(^|[,\s])stale-if-error=\d") {
      set beresp.http.x-edge-cache-on-error = "any";
      if (beresp.grace < std.duration(regsub(beresp.http.x-edge-cache-control, "(?i)^(?:.*?[,\s])??stale-if-error=(\d+).*$", "\1") + "s", 0s)) {
        set beresp.grace = std.duration(regsub(beresp.http.x-edge-cache-control, "(?i)^(?:.*?[,\s])??stale-if-error=(\d+).*$", "\1") + "s", 0s);
      }
    }
  }
  if (beresp.grace > 7d) {
    set beresp.grace = 7d;
  }
  if (beresp.http.etag || beresp.http.last-modified) {
    set beresp.keep = 1d;
  }
  if (beresp.status >= 400 && beresp.ttl > 10m) {
    set beresp.ttl = 10m;
  }
  if (beresp.ttl > 1d) {
    set beresp.ttl = 1d;
  }
  # What was made together does not expire together.
  if (beresp.ttl > 60s) {
    set beresp.ttl = beresp.ttl * std.random(0.95, 1);
  }
  set beresp.http.x-edge-cache-host = bereq.http.host;
  if (beresp.http.cache-tag) {
    set beresp.http.x-edge-cache-tags = "," + regsuball(regsuball(beresp.http.cache-tag, "\s+", ""), ",+", ",") + ",";
  }
}

sub vcl_backend_response {
  if (bereq.http.x-edge-out ~ "^shield-") {
    unset beresp.http.x-edge-cache-revalidate;
  }
}

sub vcl_backend_response {
  if (beresp.http.content-encoding ~ "(?i)br") {
    if (beresp.http.vary) {
      set beresp.http.vary = beresp.http.vary + ", x-edge-cache-brotli";
    } else {
      set beresp.http.vary = "x-edge-cache-brotli";
    }
  } else if (!beresp.http.content-encoding && beresp.http.content-type ~ "(?i)^(text/(?!event-stream)|application/([^;]+\+)?(json|xml|javascript|wasm|x-javascript|manifest)|image/svg\+xml|font/(ttf|otf)|application/vnd\.ms-fontobject)" && beresp.http.cache-control !~ "(?i)no-transform" && (!beresp.http.content-length || std.integer(beresp.http.content-length, 0) >= 860)) {
    set beresp.do_gzip = true;
  }
}

sub vcl_backend_error {
  # Varnish has made it last for a second if anybody waits, so that they do not try one after the other.
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  set beresp.http.content-type = "application/json";
  set beresp.http.cache-control = "no-store";
  set beresp.http.retry-after = "1";
  unset beresp.http.server;
  set beresp.http.x-edge-error = "ERR_RUNNER_UNAVAILABLE";
  set beresp.body = regsub("""{"error":{"code":"ERR_RUNNER_UNAVAILABLE","message":"The runner behind the cache does not answer; retry shortly.","docs":"docs/errors.md#err_runner_unavailable"},"requestId":"REQUEST-ID"}""", "REQUEST-ID", bereq.http.x-request-id);
  if (bereq.http.x-edge-cache-origin) {
    set beresp.http.x-edge-error = "ERR_ORIGIN_UNAVAILABLE";
    set beresp.body = regsub("""{"error":{"code":"ERR_ORIGIN_UNAVAILABLE","message":"The origin is down, or is left alone after failures in a row, until it answers checks again.","docs":"docs/errors.md#err_origin_unavailable"},"requestId":"REQUEST-ID"}""", "REQUEST-ID", bereq.http.x-request-id);
  }
  return (deliver);
}

sub vcl_synth {
  unset resp.http.server;
  call edge_refused;
  # Varnish's own word when it could not make an object.
  if (resp.status == 503 && resp.reason == "Service Unavailable") {
    set resp.http.content-type = "application/json";
    set resp.http.cache-control = "no-store";
    set resp.http.retry-after = "1";
    set resp.http.x-edge-error = "ERR_CACHE_FULL";
    set resp.body = regsub("""{"error":{"code":"ERR_CACHE_FULL","message":"The node's cache has no memory for the answer: it holds many that are not kept and that clients are slow to take; retry shortly.","docs":"docs/errors.md#err_cache_full"},"requestId":"REQUEST-ID"}""", "REQUEST-ID", req.http.x-request-id);
    return (deliver);
  }
  set resp.http.content-type = "text/plain";
  set resp.body = resp.reason;
  return (deliver);
}

sub vcl_recv {
  if (req.method != "GET" && req.method != "HEAD") {
    return (pass);
  }
  return (hash);
}

sub vcl_hit {
  set req.http.x-edge-cache-outcome = "HIT";
  if (obj.ttl < 0s) {
    set req.http.x-edge-cache-outcome = "STALE";
  }
  return (deliver);
}

sub vcl_miss {
  set req.http.x-edge-cache-outcome = "MISS";
  # Known not to be kept: the function may send a part, or nothing, where Varnish would fetch the whole.
  if (req.is_hitmiss && (req.http.range || req.http.if-none-match || req.http.if-modified-since)) {
    return (pass);
  }
  return (fetch);
}

sub vcl_pass {
  set req.http.x-edge-cache-outcome = "PASS";
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
  set resp.http.x-cache = req.http.x-edge-cache-outcome;
  if (req.http.x-edge-cache-outcome == "HIT" || req.http.x-edge-cache-outcome == "STALE") {
    set resp.http.server-timing = "edge;desc=eu-central-1, cache;desc=" + req.http.x-edge-cache-outcome;
  }
  if (resp.http.x-edge-cache-vary) {
    set resp.http.vary = resp.http.x-edge-cache-vary;
  }
  if (resp.http.vary ~ "x-edge-cache-brotli") {
    set resp.http.vary = regsub(resp.http.vary, ",? ?x-edge-cache-brotli", "");
    if (resp.http.vary == "") {
      set resp.http.vary = "accept-encoding";
    }
  }
  unset resp.http.x-edge-cache-control;
  unset resp.http.x-edge-cache-revalidate;
  unset resp.http.x-edge-cache-on-error;
  unset resp.http.x-edge-cache-shared;
  unset resp.http.x-edge-cache-tags;
  unset resp.http.x-edge-cache-host;
  unset resp.http.x-edge-cache-page;
  unset resp.http.x-edge-cache-vary;
  unset resp.http.x-edge-cache-failed;
  # Another node's cache is told of the tags: it purges by them as well.
  if (!req.http.x-edge-hops) {
    unset resp.http.cache-tag;
    unset resp.http.surrogate-control;
  }
  unset resp.http.via;
  unset resp.http.x-varnish;
  return (deliver);
}
