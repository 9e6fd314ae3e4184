import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";

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
export function defaults({ region }: NodeConfig): string {
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
${[502, 503, 504].map((status) => `  http-error status ${status} content-type application/json string '${unavailable(region)}'`).join("\n")}
`;
}

/** The body of an answer that HAProxy gives itself, in the shape of the runner's errors. */
function unavailable(region: string): string {
  return JSON.stringify({
    error: { code: "ERR_CACHE_UNAVAILABLE", message: "the cache of this region does not answer" },
    region,
  });
}
