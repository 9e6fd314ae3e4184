import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { COUNTRY_MAP } from "./countryMap.ts";

/** Removes what a client may not say of itself, then says it: functions trust these headers. */
export function trustedHeaders(node: NodeConfig, layout: NodeLayout): string {
  const country = node.countryMap ? `%[src,map_ip(${layout.etc}/${COUNTRY_MAP},XX)]` : "XX";
  return `  # Varnish drops headers that a client names in Connection, the trusted ones too.
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
  http-request set-header x-forwarded-proto https`;
}
