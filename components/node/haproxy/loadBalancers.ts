import type { NodeConfig } from "../nodeConfig.ts";

/** A load balancer says who its client is by PROXY protocol, in health checks too; nobody else is asked, and so nobody believed. */
export function loadBalancers({ loadBalancers: ranges }: NodeConfig): string {
  return ranges.length === 0 ? "" : `  tcp-request connection expect-proxy layer4 if { src ${ranges.join(" ")} }\n`;
}
