import type { NodeConfig } from "../nodeConfig.ts";
import { clientConnections, clientConnectionsRule } from "./clientConnections.ts";
import { loadBalancers } from "./loadBalancers.ts";
import { targetRules } from "./targetRules.ts";

/** The door without TLS: health for DNS and the load balancer, and the way to HTTPS for everybody else. */
export function plainDoor(node: NodeConfig): string {
  const { address, ports } = node;
  return `# \`/healthz\` is for DNS: it forgives a restart behind it. \`/readyz\` is the cache's own word at this moment.
frontend http
  bind ${address}:${ports.http}
${loadBalancers(node)}${clientConnections(node)}  acl region_serves nbsrv(region) ge 1
  http-request return status 200 content-type text/plain string "ok" if { path /healthz } region_serves
  http-request return status 503 content-type text/plain string "no healthy runner behind the cache" if { path /healthz }
${clientConnectionsRule(node)}
  acl asks_ready path /readyz
${targetRules("!asks_ready ")}
  http-request redirect location https://%[var(txn.host),regsub(:[0-9]+$,)]${ports.https === 443 ? "" : `:${ports.https}`}%[pathq] code 308 if !asks_ready
  http-request set-path /.edge/readyz
  default_backend varnish
`;
}
