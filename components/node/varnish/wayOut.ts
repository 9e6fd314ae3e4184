import { VERSION_HEADER } from "@edge-fleet/runner/traffic/arm";
import type { OriginConfig } from "../../config/fleetConfig.ts";
import { DESTINATION_HEADER, FARM, originCalled, outSocket, shieldOf } from "../haproxy/out/destinations.ts";
import { hasFarm } from "../haproxy/out/farm.ts";
import { servingOrigins, shieldsOf } from "../haproxy/out/origins.ts";
import { ASK_ANOTHER, PEER_HEADERS } from "../haproxy/out/peerHeaders.ts";
import { SILENCE_MS } from "../httpBounds.ts";
import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { REQUEST_NOTES, STORED_NOTES } from "./ownHeaders.ts";
import { REFRESH_FAILED } from "./stale.ts";

/** Errors of the runner that tell that it has not begun and that another node may do better. */
const NOT_BEGUN = "^ERR_(NO_WORKER|NO_RELEASE)$";

/**
 * Who is asked when the own runner cannot answer, and for the hosts of origins: HAProxy's way out, which the
 * header tells where to. Addresses are HAProxy's matter: nothing here changes when nodes come and go.
 */
export function wayOut(node: NodeConfig, layout: NodeLayout): string {
  const destinations = [
    ...(hasFarm(node) ? [FARM] : []),
    ...shieldsOf(node).map(shieldOf),
    ...servingOrigins(node).map(({ name }) => originCalled(name)),
  ];
  return [
    ...destinations.map((destination) => backend(destination, layout)),
    runners(node),
    ...servingOrigins(node).map(toOrigin),
    ...(hasFarm(node) ? [elsewhere()] : []),
    ...(shieldsOf(node).length === 0 ? [] : [pastShield()]),
  ].join("\n\n");
}

function backend(destination: string, layout: NodeLayout): string {
  return `backend ${vclName(destination)} {
  .path = "${outSocket(layout)}";
  .connect_timeout = 1s;
  .first_byte_timeout = ${SILENCE_MS.varnishFirstByte / 1_000}s;
  .between_bytes_timeout = ${SILENCE_MS.varnishBetweenBytes / 1_000}s;
  .probe = {
    .request = "GET /.edge/readyz HTTP/1.1" "Host: out" "${DESTINATION_HEADER}: ${destination}" "Connection: close";
    .interval = 1s;
    .timeout = 1s;
    .window = 2;
    .threshold = 1;
    .initial = 0;
  }
}`;
}

function runners(node: NodeConfig): string {
  return `sub vcl_init {
  new runners = directors.fallback();
  runners.add_backend(runner);
${hasFarm(node) ? `  runners.add_backend(${FARM});\n` : ""}}

sub vcl_recv {
  set req.backend_hint = runners.backend();
  set req.http.${DESTINATION_HEADER} = "${FARM}";
  # Two caches that wait for each other's answer to the same request would wait for ever; a shield asks nobody back.
  if (req.http.${PEER_HEADERS.hops} && !req.http.${PEER_HEADERS.shielded}) {
    set req.hash_ignore_busy = true;
  }
}

sub vcl_deliver {
  # A copy is this region's answer, wherever it came from.
  if (obj.hits > 0) {
    unset resp.http.x-edge-region;
  }
}`;
}

/** The shield asks the origin itself, and so does whoever cannot reach the shield. */
function toOrigin({ name, serves, shield }: OriginConfig): string {
  const hosts = serves.map((host) => host.replaceAll(".", "\\.")).join("|");
  const origin = originCalled(name);
  const toShield = `
    if (!req.http.${PEER_HEADERS.hops} && std.healthy(${vclName(shieldOf(shield ?? ""))})) {
      set req.backend_hint = ${vclName(shieldOf(shield ?? ""))};
      set req.http.${DESTINATION_HEADER} = "${shieldOf(shield ?? "")}";
    }`;
  return `sub vcl_recv {
  if (req.http.host ~ "(?i)^(${hosts})\\.?(:\\d+)?$") {
    set req.backend_hint = ${vclName(origin)};
    set req.http.${DESTINATION_HEADER} = "${origin}";
    set req.http.${REQUEST_NOTES.origin} = "${origin}";
    # A function's route may take the same path on any host.
    unset req.http.${VERSION_HEADER};${shield === null ? "" : toShield}
  }
}

sub vcl_backend_fetch {
  if (bereq.retries > 0 && bereq.http.${REQUEST_NOTES.origin} == "${origin}") {
    set bereq.backend = ${vclName(origin)};
    set bereq.http.${DESTINATION_HEADER} = "${origin}";
  }
}`;
}

/** The runner may go before its probe tells: what may be asked twice is asked elsewhere, once. */
function elsewhere(): string {
  const again = `bereq.retries == 0 && (bereq.method == "GET" || bereq.method == "HEAD") && bereq.http.${DESTINATION_HEADER} == "${FARM}" && std.healthy(${FARM})`;
  return `sub vcl_backend_fetch {
  if (bereq.retries > 0 && bereq.http.${DESTINATION_HEADER} == "${FARM}") {
    set bereq.backend = ${FARM};
  }
}

sub vcl_backend_response {
  if (${again} && beresp.backend == runner && beresp.http.x-edge-error ~ "${NOT_BEGUN}") {
    return (retry);
  }
  # Said to another node, which then asks the next one.
  if (beresp.status == ${ASK_ANOTHER}) {
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    return (deliver);
  }
}

sub vcl_backend_error {
  if (${again} && beresp.reason != "${REFRESH_FAILED}") {
    return (retry);
  }
}`;
}

function pastShield(): string {
  return `sub vcl_backend_response {
  if (bereq.retries == 0 && (bereq.method == "GET" || bereq.method == "HEAD") && beresp.http.x-edge-error == "ERR_SHIELD_UNAVAILABLE") {
    return (retry);
  }
}`;
}

/** Below a shield copies are refreshed before they are given, else one that is stale there would be stale here once more. */
export function belowShield(node: NodeConfig): string {
  return shieldsOf(node).length === 0
    ? ""
    : `sub vcl_backend_response {
  if (bereq.http.${DESTINATION_HEADER} ~ "^${shieldOf("")}") {
    unset beresp.http.${STORED_NOTES.revalidate};
  }
}`;
}

function vclName(destination: string): string {
  return destination.replaceAll("-", "_");
}
