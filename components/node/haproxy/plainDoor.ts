import type { NodeConfig } from "../nodeConfig.ts";

/** The door without TLS: health for DNS and the load balancer, and the way to HTTPS for everybody else. */
export function plainDoor({ address, ports }: NodeConfig): string {
  return `# \`/healthz\` is for DNS: it forgives a restart behind it. \`/readyz\` is the cache's own word at this moment.
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
`;
}
