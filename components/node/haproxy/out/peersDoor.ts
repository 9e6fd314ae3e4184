import { heldCertificate } from "../../certificates.ts";
import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import { refusal } from "../refusal.ts";
import { hasFarm } from "./farm.ts";
import { accessLogOut } from "./logOut.ts";
import { HOPS_MAX, PEER_HEADERS, REFUSAL } from "./peerHeaders.ts";

const { hops, via, shielded } = PEER_HEADERS;

/**
 * The door of other nodes and regions: mutual TLS with the fleet's own authority, whose holders' headers are believed.
 * A sibling is answered by this node's runner alone, another region by a sibling's too, a shield's client by the cache.
 */
export function peersDoor(node: NodeConfig, layout: NodeLayout): string {
  const { address, ports, region } = node;
  const bySiblings = hasFarm(node) ? " or siblings_serve !from_sibling" : "";
  return `frontend peers
  bind ${address}:${ports.peers} ssl crt ${heldCertificate(layout, "peers")} ca-file ${layout.peers.authority} verify required ssl-min-ver TLSv1.3
${accessLogOut()}
  acl asks_alive path /.edge/healthz
  acl asks_ready path /.edge/readyz
  acl from_sibling req.hdr(${via}) -m str ${region}
  acl runner_serves nbsrv(region) ge 1
${hasFarm(node) ? "  acl siblings_serve nbsrv(siblings) ge 1\n" : ""}  http-request set-var(txn.serves) bool(true) if runner_serves${bySiblings}
  http-request return status 200 content-type text/plain string "ok" if asks_alive { nbsrv(varnish) ge 1 }
  http-request return status 200 content-type text/plain string "ok" if asks_ready { var(txn.serves) -m bool }
  http-request return status 503 content-type text/plain string "no healthy runner" if { path_beg /.edge/ }
  # Whoever leaves one of these out is none of our nodes.
  http-request deny deny_status 400 if !{ req.hdr(${hops}) -m found } or !{ req.hdr(${via}) -m found } or !{ req.hdr(x-edge-client-ip) -m found }
  http-request return ${refusal("ERR_HOP_LIMIT")} if { req.hdr_val(${hops}) gt ${HOPS_MAX} }
  http-request return ${REFUSAL} unless { var(txn.serves) -m bool } or { req.hdr(${shielded}) -m found }
  http-after-response set-header x-edge-region ${region}
  default_backend varnish
`;
}
