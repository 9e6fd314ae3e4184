import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { accessLog } from "./accessLog.ts";
import { trustedHeaders } from "./trustedHeaders.ts";

/** The door of clients: TLS with HTTP/2, what may pass, and the headers that functions trust. */
export function door(node: NodeConfig, layout: NodeLayout): string {
  const { address, ports, region } = node;
  return `frontend https
  bind ${address}:${ports.https} ssl crt ${layout.certificate} alpn h2,http/1.1
${accessLog()}
  http-request return status 405 hdr allow "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" content-type text/plain string "method not allowed" if { method TRACE CONNECT }
${trustedHeaders(node, layout)}
  http-after-response set-header x-request-id %[unique-id]
  http-after-response set-header x-edge-region ${region}
  http-after-response set-header strict-transport-security "max-age=31536000"
  default_backend varnish
`;
}
