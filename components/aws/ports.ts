/** Ports of a node that the world reaches through its load balancer. */
export const PUBLIC_PORTS = {
  http: 80,
  https: 443,
  /** Other nodes and regions, by mutual TLS. */
  peers: 8444,
} as const;
export type PublicPort = keyof typeof PUBLIC_PORTS;

/** Health and metrics of a node's own programs, on its loopback address. */
export const ADMIN_PORTS = { haproxyMetrics: 8404, varnishMetrics: 9131, runnerAdmin: 9464, agentAdmin: 9465 } as const;
