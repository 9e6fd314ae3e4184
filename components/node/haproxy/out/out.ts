import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import { refusal } from "../refusal.ts";
import { DESTINATION_HEADER, FARM, originCalled, outSocket, shieldOf } from "./destinations.ts";
import { hasFarm } from "./farm.ts";
import { accessLogOut } from "./logOut.ts";
import { originRules, servingOrigins, shieldsOf } from "./origins.ts";
import { PEER_HEADERS, REFUSAL } from "./peerHeaders.ts";

const { hops, via, shielded } = PEER_HEADERS;

/** Requests on their way out of the node at once: what a slow origin holds up is not taken from the door. */
const OUT_MAX = 1_500;

/** The way out of the node: the cache, which speaks no TLS, names in a header where a request goes. Empty where nothing leaves. */
export function out(node: NodeConfig, layout: NodeLayout): string {
  const { region } = node;
  const origins = servingOrigins(node);
  const destinations = [
    ...(hasFarm(node) ? [FARM] : []),
    ...shieldsOf(node).map(shieldOf),
    ...origins.map(({ name }) => originCalled(name)),
  ];
  if (destinations.length === 0) return "";
  return [
    `frontend out
  bind unix@${outSocket(layout)} mode 666
  maxconn ${OUT_MAX}`,
    accessLogOut(),
    `  http-request set-var(txn.out) req.hdr(${DESTINATION_HEADER})
  http-request del-header ${DESTINATION_HEADER}
  acl asks_ready path /.edge/readyz`,
    ...destinations.map(
      (to) => `  http-request return ${OK} if asks_ready { var(txn.out) -m str ${to} } { nbsrv(${to}) ge 1 }`,
    ),
    `  http-request return ${NOBODY} if asks_ready
  http-request return ${refusal("ERR_NO_DESTINATION")} unless { var(txn.out) -m str ${destinations.join(" ")} }`,
    ...(hasFarm(node) ? [farmRules(region)] : []),
    ...shieldsOf(node).map(
      (name) => `  http-request set-header ${shielded} 1 if { var(txn.out) -m str ${shieldOf(name)} }`,
    ),
    ...origins.map((origin) => originRules(origin)),
    `  http-request set-header ${hops} 0 unless { req.hdr(${hops}) -m found }
  http-request set-header ${hops} %[req.hdr(${hops}),add(1)]
  http-request set-header ${via} ${region}`,
    ...(hasFarm(node) ? [`  use_backend siblings if { var(txn.from) -m found }`] : []),
    ...destinations.map((to) => `  use_backend ${to} if { var(txn.out) -m str ${to} }`),
    "",
  ].join("\n");
}

const OK = 'status 200 content-type text/plain string "ok"';
const NOBODY = 'status 503 content-type text/plain string "nobody answers there"';

/** Whoever was sent here by a sibling is not sent on; from another region, only to siblings: so there is no loop. */
function farmRules(region: string): string {
  return `  http-request del-header ${shielded} if { var(txn.out) -m str ${FARM} }
  http-request set-var(txn.from) req.hdr(${via}) if { var(txn.out) -m str ${FARM} }
  http-request return ${REFUSAL} if { var(txn.from) -m str ${region} }
  http-request return ${REFUSAL} if { var(txn.from) -m found } !{ nbsrv(siblings) ge 1 }`;
}
