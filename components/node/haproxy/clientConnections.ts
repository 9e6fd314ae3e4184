import type { NodeConfig } from "../nodeConfig.ts";
import { refusal } from "./refusal.ts";

const TABLE = "client_connections";
/** Who has an IPv6 address has a /64 of them. */
const CLIENT = "src,ipmask(32,64)";
/** Above so many times the limit nobody is told why any more. */
const CUT_AT = 2;
/** Connections that an address may lose in a minute because it gave up too many requests; then it gets no others until it has let the minute pass. */
const CUT_MAX = 3;

/** What is counted together for both doors of clients: connections of each address at this moment, and those that it has lost (`givenUp.ts`). */
export function clientConnectionsTable({ size }: NodeConfig): string {
  return `backend ${TABLE}
  stick-table type ipv6 size ${size.files} expire 1m store conn_cur,gpc0_rate(1m)
`;
}

/**
 * Counts a client's connections from their first byte, and behind a load balancer as soon as that has said who the client is. The machine itself and
 * load balancers are not counted. Beyond twice the limit connections are ended at once, and so are those of an address that has lost too many.
 */
export function clientConnections({ size, loadBalancers }: NodeConfig): string {
  const uncounted = `{ ${["src 127.0.0.1 ::1", ...loadBalancers].join(" ")} }`;
  const moments = loadBalancers.length === 0 ? ["connection"] : ["connection", "session"];
  return moments
    .map(
      (moment) => `  tcp-request ${moment} track-sc0 ${CLIENT} table ${TABLE} unless ${uncounted}
  tcp-request ${moment} reject if { sc0_conn_cur gt ${CUT_AT * size.clientConnections} } or { sc0_gpc0_rate ge ${CUT_MAX} }
`,
    )
    .join("");
}

/** Up to twice the limit requests are told why they are refused. */
export function clientConnectionsRule({ size: { clientConnections: limit } }: NodeConfig): string {
  const detail = `An address may have ${limit} at once; use fewer, with HTTP/2.`;
  return `  http-request deny ${refusal("ERR_CLIENT_CONNECTIONS", detail)} if { sc0_conn_cur gt ${limit} }`;
}
