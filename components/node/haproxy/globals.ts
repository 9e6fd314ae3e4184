import type { NodeErrorCode } from "@edge-fleet/runner/nodeErrors";
import { commandSocket } from "../commandSockets.ts";
import { HAPROXY_BUFFER_BYTES, HEADERS_MAX, IDLE_MS, SILENCE_MS } from "../httpBounds.ts";
import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { ownError } from "./refusal.ts";

/** What HAProxy itself finds wrong: bytes that are no request, headers that do not come, a cache that does not answer. */
const OWN_ERRORS: readonly (readonly [number, NodeErrorCode])[] = [
  [400, "ERR_BAD_REQUEST"],
  [408, "ERR_REQUEST_TIMEOUT"],
  [502, "ERR_CACHE_RESPONSE"],
  [503, "ERR_CACHE_UNAVAILABLE"],
  [504, "ERR_CACHE_TIMEOUT"],
];

/** Forward secrecy and authenticated encryption only; TLS 1.3 has no others. */
const CIPHERS = [
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ...["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
  ...["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
];
const CIPHERSUITES = ["TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"];

/**
 * A line of the log that is cut off is no JSON. Of what a client sends it has 1,024 bytes of the URI, 256 of the agent, 128 of the host, each of which may
 * take six characters.
 */
const LOG_LINE_BYTES = 12_288;

/** The process: its log, its socket for commands, its bounds, its ciphers. Connections are as many as its files allow. */
export function globals({ size }: NodeConfig, layout: NodeLayout): string {
  return `global
  log stdout len ${LOG_LINE_BYTES} format raw local0 info
  stats socket ${commandSocket(layout, "haproxy")} mode 660 level admin
  fd-hard-limit ${size.files}
  hard-stop-after 10s
  tune.bufsize ${HAPROXY_BUFFER_BYTES}
  tune.http.maxhdr ${HEADERS_MAX}
  tune.h2.max-concurrent-streams 100
  tune.ssl.cachesize 20000
  tune.ssl.lifetime 300
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ${CIPHERS.join(":")}
  ssl-default-bind-ciphersuites ${CIPHERSUITES.join(":")}
`;
}

/** What holds for every section. */
export function defaults(): string {
  return `defaults
  mode http
  option dontlognull
  timeout connect 1s
  timeout queue 5s
  timeout http-request ${SILENCE_MS.headers}ms
  timeout http-keep-alive ${IDLE_MS.haproxyFromClients}ms
  timeout client ${SILENCE_MS.client}ms
  timeout client-fin 5s
  timeout server ${SILENCE_MS.haproxyServer}ms
  timeout tunnel 10m
  unique-id-format %[uuid()]
${OWN_ERRORS.map(([status, code]) => `  http-error ${ownError(status, code)}`).join("\n")}
`;
}
