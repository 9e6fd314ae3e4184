import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";

/** File of the country map, below `etc`: lines of `<cidr> <country>`. */
export const COUNTRY_MAP = "countries.map";

/** One JSON object a request; what a client sends is escaped. */
const ACCESS_LOG = [
  '"time":"%[date,ltime(%Y-%m-%dT%H:%M:%S%z)]"',
  '"client":"%ci"',
  '"host":"%[capture.req.hdr(0),json(utf8s)]"',
  '"method":"%[capture.req.method,json(utf8s)]"',
  '"uri":"%[capture.req.uri,json(utf8s)]"',
  '"status":%ST',
  '"bytes":%B',
  '"ms":%Ta',
  '"cache":"%[capture.res.hdr(0)]"',
  '"tls":"%sslv"',
  '"id":"%ID"',
].join(",");

/**
 * HAProxy's configuration: TLS 1.2/1.3 with HTTP/2 at the door, the trusted `x-edge-*` headers, and Varnish behind a
 * UNIX socket. Idle times fall from the client's side to Varnish, so that the listening side never closes first.
 */
export function renderHaproxy(node: NodeConfig, layout: NodeLayout): string {
  const { address, ports, region } = node;
  const country = node.countryMap ? `%[src,map_ip(${layout.etc}/${COUNTRY_MAP},XX)]` : "XX";
  return `global
  log stdout format raw local0 info
  stats socket ${layout.run}/haproxy.sock mode 600 level admin
  maxconn 4000
  hard-stop-after 10s
  tune.ssl.cachesize 20000
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384

defaults
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

frontend https
  bind ${address}:${ports.https} ssl crt ${layout.certificate} alpn h2,http/1.1
  log global
  log-format '{${ACCESS_LOG}}'
  capture request header host len 128
  capture response header x-cache len 8
  http-request return status 405 hdr allow "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" content-type text/plain string "method not allowed" if { method TRACE CONNECT }
  # Varnish drops headers that a client names in Connection, the trusted ones too.
  http-request del-header connection
  http-request del-header x-edge- -m beg
  http-request del-header x-forwarded- -m beg
  http-request del-header forwarded
  http-request del-header x-real-ip
  http-request set-header x-request-id %[unique-id]
  http-request set-header x-edge-client-ip %[src]
  http-request set-header x-edge-country ${country}
  http-request set-header x-edge-tls %[ssl_fc_protocol]
  http-request set-header x-edge-http %[req.ver]
  http-request set-header x-forwarded-proto https
  http-after-response set-header x-request-id %[unique-id]
  http-after-response set-header x-edge-region ${region}
  http-after-response set-header strict-transport-security "max-age=31536000"
  default_backend varnish

# \`/healthz\` is for DNS: it forgives a restart behind it. \`/readyz\` is the cache's own word at this moment.
frontend http
  bind ${address}:${ports.http}
  acl region_serves nbsrv(region) ge 1
  http-request return status 200 content-type text/plain string "ok" if { path /healthz } region_serves
  http-request return status 503 content-type text/plain string "no healthy runner behind the cache" if { path /healthz }
  acl asks_ready path /readyz
  http-request deny deny_status 400 if !asks_ready !{ req.hdr(host) -m found }
  http-request redirect location https://%[req.hdr(host),field(1,:)]${ports.https === 443 ? "" : `:${ports.https}`}%[url] code 308 if !asks_ready
  http-request set-path /.edge/readyz
  default_backend varnish

frontend metrics
  bind ${address}:${ports.haproxyMetrics}
  http-request use-service prometheus-exporter if { path /metrics }
  http-request deny deny_status 404

backend varnish
  option httpchk GET /.edge/healthz
  http-reuse safe
  server varnish unix@${layout.run}/varnish.sock check inter 500ms fall 2 rise 1 maxconn 2000

# No traffic, only the question whether the cache has a healthy runner: what DNS asks. Cached answers need none.
backend region
  option httpchk GET /.edge/readyz
  server runner unix@${layout.run}/varnish.sock check inter 500ms fall 2 rise 1
`;
}

/** The body of an answer that HAProxy gives itself, in the shape of the runner's errors. */
function unavailable(region: string): string {
  return JSON.stringify({
    error: { code: "ERR_CACHE_UNAVAILABLE", message: "the cache of this region does not answer" },
    region,
  });
}
