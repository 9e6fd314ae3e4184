import { type NodeErrorCode, nodeErrorBody } from "@edge-fleet/runner/nodeErrors";
import { servingOrigins } from "../haproxy/out/origins.ts";
import type { NodeConfig } from "../nodeConfig.ts";
import { REQUEST_NOTES } from "./ownHeaders.ts";

const REQUEST_ID = "REQUEST-ID";

/** What the cache answers by itself when nobody behind it does. */
export function failures(node: NodeConfig): string {
  const ofOrigins = `
  if (bereq.http.${REQUEST_NOTES.origin}) {
${answer("ERR_ORIGIN_UNAVAILABLE", "    ")}
  }`;
  return `sub vcl_backend_error {
  # Varnish has made it last for a second if anybody waits, so that they do not try one after the other.
  set beresp.grace = 0s;
  set beresp.keep = 0s;
  set beresp.http.content-type = "application/json";
  set beresp.http.cache-control = "no-store";
  set beresp.http.retry-after = "1";
  unset beresp.http.server;
${answer("ERR_RUNNER_UNAVAILABLE", "  ")}${servingOrigins(node).length === 0 ? "" : ofOrigins}
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
    set resp.body = regsub("""${nodeErrorBody("ERR_CACHE_FULL", { requestId: REQUEST_ID })}""", "${REQUEST_ID}", req.http.x-request-id);
    return (deliver);
  }
  set resp.http.content-type = "text/plain";
  set resp.body = resp.reason;
  return (deliver);
}`;
}

function answer(code: NodeErrorCode, indent: string): string {
  const body = nodeErrorBody(code, { requestId: REQUEST_ID });
  return `${indent}set beresp.http.x-edge-error = "${code}";
${indent}set beresp.body = regsub("""${body}""", "${REQUEST_ID}", bereq.http.x-request-id);`;
}
