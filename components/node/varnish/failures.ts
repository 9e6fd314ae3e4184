import { nodeErrorBody } from "@edge-fleet/runner/nodeErrors";

const REQUEST_ID = "REQUEST-ID";

/** What the cache answers by itself when nobody behind it does. */
export function failures(): string {
  const body = nodeErrorBody("ERR_RUNNER_UNAVAILABLE", { requestId: REQUEST_ID });
  return `sub vcl_backend_error {
  # Varnish has made it last for a second if anybody waits, so that they do not try one after the other.
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  set beresp.http.content-type = "application/json";
  set beresp.http.cache-control = "no-store";
  set beresp.http.retry-after = "1";
  set beresp.http.x-edge-error = "ERR_RUNNER_UNAVAILABLE";
  unset beresp.http.server;
  set beresp.body = regsub("""${body}""", "${REQUEST_ID}", bereq.http.x-request-id);
  return (deliver);
}

sub vcl_synth {
  unset resp.http.server;
  call edge_refused;
  set resp.http.content-type = "text/plain";
  set resp.body = resp.reason;
  return (deliver);
}`;
}
