import { heldCertificate } from "../certificates.ts";
import { HEADER_BYTES_MAX } from "../httpBounds.ts";
import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { accessLog } from "./accessLog.ts";
import { clientConnections, clientConnectionsRule } from "./clientConnections.ts";
import { givenUp } from "./givenUp.ts";
import { loadBalancers } from "./loadBalancers.ts";
import { visitor, visitorCookie } from "./policies/arms.ts";
import { previewHeader, previewToken } from "./policies/previews.ts";
import { policyRoutes } from "./policies/routes.ts";
import { refusal } from "./refusal.ts";
import { targetRules } from "./targetRules.ts";
import { trustedHeaders } from "./trustedHeaders.ts";

const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

const TOO_LARGE = `They may have ${HEADER_BYTES_MAX} bytes together, whatever the function.`;

/** The door of clients: TLS with HTTP/2, what may pass, and the headers that functions trust. */
export function door(node: NodeConfig, layout: NodeLayout): string {
  const { address, ports, region } = node;
  return `frontend https
  bind ${address}:${ports.https} ssl crt ${heldCertificate(layout, "fleet")} alpn h2,http/1.1
${loadBalancers(node)}${clientConnections(node)}${accessLog()}
${clientConnectionsRule(node)}
${givenUp()}
  http-request return ${refusal("ERR_METHOD_NOT_ALLOWED", undefined, { allow: METHODS })} if { method TRACE CONNECT }
${targetRules()}
${headBound()}
${previewToken()}
${trustedHeaders(node, layout)}
${previewHeader()}
${visitor()}
${policyRoutes(node, layout)}
${visitorCookie()}
  http-after-response set-header x-request-id %[unique-id]
  # Another region may have answered for this one.
  http-after-response set-header x-edge-region ${region} unless { res.hdr(x-edge-region) -m found }
  http-after-response set-header strict-transport-security "max-age=31536000"
  default_backend varnish
`;
}

/** As the router counts: method, target, version, and each header with its colon, space and line end. */
function headBound(): string {
  return `  http-request set-var(txn.line) var(txn.target),length,add(20)
  http-request return ${refusal("ERR_LIMIT_REQUEST_HEADER_BYTES", TOO_LARGE)} if { req.hdrs,length,add(txn.line) gt ${HEADER_BYTES_MAX} }`;
}
