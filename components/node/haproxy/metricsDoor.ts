import type { NodeConfig } from "../nodeConfig.ts";

/** HAProxy's own metrics, for Prometheus. */
export function metricsDoor({ address, ports }: NodeConfig): string {
  return `frontend metrics
  bind ${address}:${ports.haproxyMetrics}
  http-request use-service prometheus-exporter if { path /metrics }
  http-request deny deny_status 404
`;
}
