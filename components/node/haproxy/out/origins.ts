import { CDN_ID, CDN_LOOP, LOOPS_MAX } from "@edge-fleet/runner/cdnLoop";
import type { OriginConfig } from "../../../config/fleetConfig.ts";
import { isAddress } from "../../../config/hostName.ts";
import { SILENCE_MS } from "../../httpBounds.ts";
import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import { ownError, refusal } from "../refusal.ts";
import { originCalled } from "./destinations.ts";
import { OTHER_NAMES } from "./resolvers.ts";

/** Failures in a row after which an origin is left alone until it answers checks again. */
const BREAKER_FAILURES = 10;

const RETRY = { "retry-after": "1" };

/** Origins that the cache asks. */
export function servingOrigins({ origins }: NodeConfig): readonly OriginConfig[] {
  return origins.filter(({ serves }) => serves.length > 0);
}

/** Regions whose cache this node asks for an origin. */
export function shieldsOf(node: NodeConfig): string[] {
  const shields = servingOrigins(node).flatMap(({ shield }) => (shield === null ? [] : [shield]));
  return [...new Set(shields)].sort();
}

/** Files with the authorities that origins' certificates may be of, below `etc`. */
export function authorities(node: NodeConfig): Record<AuthorityFile, string> {
  return Object.fromEntries(
    servingOrigins(node).flatMap((origin) => (origin.tls?.ca == null ? [] : [[authorityFile(origin), origin.tls.ca]])),
  );
}

type AuthorityFile = `origin-${string}-ca.pem`;

function authorityFile({ name }: OriginConfig): AuthorityFile {
  return `origin-${name}-ca.pem`;
}

/** What is refused before a place is taken: an origin that is down, a queue that is full, a loop. */
export function originRules({ name, connections }: OriginConfig): string {
  const to = originCalled(name);
  const goes = `{ var(txn.out) -m str ${to} }`;
  const detail = `Origin: ${name}.`;
  return `  http-request return ${refusal("ERR_ORIGIN_LOOP", detail)} if ${goes} { req.hdr_cnt(${CDN_LOOP}) ge ${LOOPS_MAX} }
  http-request return ${refusal("ERR_ORIGIN_UNAVAILABLE", detail, RETRY)} if ${goes} !{ nbsrv(${to}) ge 1 }
  http-request return ${refusal("ERR_ORIGIN_BUSY", detail, RETRY)} if ${goes} { queue(${to}) ge ${connections} }`;
}

/**
 * A server outside the fleet. Its checks close the circuit again that its failures opened; with a health page, only
 * when that says so.
 */
export function originBackend(origin: OriginConfig, layout: NodeLayout): string {
  const { name, host, port, tls, connections, health } = origin;
  const detail = `Origin: ${name}.`;
  const address = host.includes(":") ? `[${host}]` : host;
  const resolved = isAddress(host) ? "" : ` resolvers ${OTHER_NAMES} resolve-prefer ipv4 init-addr last,libc,none`;
  const authority = tls?.ca == null ? "@system-ca" : `${layout.etc}/${authorityFile(origin)}`;
  const secured =
    tls === null
      ? ""
      : ` ssl verify required ca-file ${authority} ssl-min-ver TLSv1.2 sni str(${tls.serverName}) check-sni ${tls.serverName} verifyhost ${tls.serverName}`;
  const page = `  option httpchk\n  http-check send meth GET uri ${health} ver HTTP/1.1 hdr host ${tls?.serverName ?? host}\n`;
  return `backend ${originCalled(name)}
  http-reuse safe
  retries 2
  retry-on conn-failure empty-response
  timeout connect 3s
  timeout queue 1s
  timeout server ${SILENCE_MS.origin}ms
${health === null ? "" : page}  http-request disable-l7-retry unless { method GET HEAD }
  # What the fleet's own parts tell each other is not the origin's business, nor its to say.
  http-request del-header x-edge- -m beg
  http-request add-header ${CDN_LOOP} ${CDN_ID}
  http-response del-header x-edge- -m beg
  server origin ${address}:${port} maxconn ${connections} check inter 2s fastinter 1s downinter 1s fall 2 rise 2 observe layer7 error-limit ${BREAKER_FAILURES} on-error mark-down${resolved}${secured}
  http-error ${ownError(502, "ERR_ORIGIN_RESPONSE", detail)}
  # Nothing is open to it, or no place was free within the queue's time.
  http-error ${ownError(503, "ERR_ORIGIN_BUSY", detail)}
  http-error ${ownError(504, "ERR_ORIGIN_TIMEOUT", detail)}
`;
}
