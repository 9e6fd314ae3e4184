import type { NodeErrorCode } from "@edge-fleet/runner/nodeErrors";
import { heldCertificate, peerName } from "../../certificates.ts";
import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import { ownError, refusal } from "../refusal.ts";
import { FARM, shieldOf } from "./destinations.ts";
import { shieldsOf } from "./origins.ts";
import { ASK_ANOTHER, PEER_HEADERS } from "./peerHeaders.ts";
import { REGION_NAMES } from "./resolvers.ts";

/** Siblings that a node asks at most; the agent fills these places while HAProxy runs. */
export const SIBLING_PLACES = 8;

/** Addresses of a region that are asked: DNS answers with those of its nodes that are well. */
const REGION_PLACES = 2;

/** Whether there is anybody to ask when the own runner is down. A region of one node may get others while it runs. */
export function hasFarm({ siblings, cloud, regions }: NodeConfig): boolean {
  return siblings.length > 0 || cloud !== null || regions.length > 0;
}

/** The farm: siblings share, other regions stand by in their order. Empty when there is nobody. */
export function farm(node: NodeConfig, layout: NodeLayout): string {
  if (!hasFarm(node)) return "";
  const { ports } = node;
  const places = Array.from({ length: SIBLING_PLACES }, (_, index) => `sibling${index + 1}`);
  return `backend ${FARM}
${asking(node, layout, "/.edge/readyz")}
  retry-on conn-failure empty-response ${ASK_ANOTHER}
${places.map((place) => `  server ${place} 127.0.0.1:${ports.peers} disabled inter 2s fastinter 500ms downinter 1s`).join("\n")}
${node.regions.map(({ name, host }) => `  server-template ${name}- ${REGION_PLACES} ${host}:${ports.peers} resolvers ${REGION_NAMES} resolve-prefer ipv4 init-addr none backup inter 5s fastinter 1s downinter 2s`).join("\n")}
  http-response return ${refusal("ERR_FARM_UNAVAILABLE", undefined, { "retry-after": "1" })} if { status ${ASK_ANOTHER} }
${failing("ERR_FARM_UNAVAILABLE")}

# For whoever was sent here by another region: it is not sent to a third one.
backend siblings
${asking(node, layout, null)}
  retry-on conn-failure empty-response ${ASK_ANOTHER}
${places.map((place) => `  server ${place} 127.0.0.1:${ports.peers} track ${FARM}/${place}`).join("\n")}
${failing("ERR_FARM_UNAVAILABLE")}
`;
}

/** The shields: caches of other regions. */
export function shields(node: NodeConfig, layout: NodeLayout): string {
  const { domain, ports } = node;
  const backends = shieldsOf(node).map(
    (name) => `backend ${shieldOf(name)}
${asking(node, layout, "/.edge/healthz")}
  retry-on conn-failure empty-response
  server-template ${name}- ${REGION_PLACES} ${name}.geo.${domain}:${ports.peers} resolvers ${REGION_NAMES} resolve-prefer ipv4 init-addr none inter 5s fastinter 1s downinter 2s
${failing("ERR_SHIELD_UNAVAILABLE", `Shield: ${name}.`)}
`,
  );
  return backends.join("\n");
}

/**
 * How a node asks another: mutual TLS, and what failed without having begun goes to the next one; a request that is no
 * GET or HEAD only when it could not be sent.
 */
function asking({ domain, region }: NodeConfig, layout: NodeLayout, check: string | null): string {
  const name = peerName(domain);
  const tls = `ssl verify required ca-file ${layout.peers.authority} crt ${heldCertificate(layout, "peers")} ssl-min-ver TLSv1.3 sni str(${name}) verifyhost ${name}`;
  const checked = `check check-sni ${name} fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down`;
  return `  balance roundrobin
  http-reuse safe
  option redispatch 1
  retries 3
  timeout connect 1s
  http-request disable-l7-retry unless { method GET HEAD }
${check === null ? "" : `  option httpchk\n  http-check send meth GET uri ${check} ver HTTP/1.1 hdr host ${name} hdr ${PEER_HEADERS.via} ${region}\n`}  default-server ${tls}${check === null ? "" : ` ${checked}`}`;
}

function failing(code: NodeErrorCode, detail?: string): string {
  return [502, 503, 504].map((status) => `  http-error ${ownError(status, code, detail)}`).join("\n");
}
