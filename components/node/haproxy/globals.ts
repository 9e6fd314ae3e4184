import type { NodeErrorCode } from "@edge-fleet/runner/nodeErrors";
import type { NodeLayout } from "../nodeConfig.ts";
import { ownError } from "./refusal.ts";

/** What HAProxy itself finds wrong: bytes that are no request, headers that do not come, a cache that does not answer. */
const OWN_ERRORS: readonly (readonly [number, NodeErrorCode])[] = [
  [400, "ERR_BAD_REQUEST"],
  [408, "ERR_REQUEST_TIMEOUT"],
  [502, "ERR_CACHE_RESPONSE"],
  [503, "ERR_CACHE_UNAVAILABLE"],
  [504, "ERR_CACHE_TIMEOUT"],
];

/** The process: its log, its socket for commands, its ciphers. */
export function globals(layout: NodeLayout): string {
  return `global
  log stdout format raw local0 info
  stats socket ${layout.run}/haproxy.sock mode 600 level admin
  maxconn 4000
  hard-stop-after 10s
  tune.ssl.cachesize 20000
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384
`;
}

/** What holds for every section: idle times fall from the client's side to Varnish, so that the listening side never closes first. */
export function defaults(): string {
  return `defaults
  mode http
  option dontlognull
  timeout connect 1s
  timeout http-request 10s
  timeout http-keep-alive 60s
  timeout client 65s
  timeout server 40s
  timeout tunnel 10m
  unique-id-format %[uuid()]
${OWN_ERRORS.map(([status, code]) => `  http-error ${ownError(status, code)}`).join("\n")}
`;
}
