import { NONE } from "@edge-fleet/runner/policies/doorFunction";
import { SEGMENTS_MAX } from "@edge-fleet/runner/policies/policyRoutes";
import type { OriginConfig } from "../../../config/fleetConfig.ts";
import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import { armHeaders, armRules } from "./arms.ts";
import { policyMaps } from "./maps.ts";
import { previewRules } from "./previews.ts";

/** Segments, and the path's end. */
const LEVELS = SEGMENTS_MAX + 1;
const END = `txn.s${LEVELS}`;

/**
 * Finds the policies of a request, by the router's own rules: `txn.policy` is their id, unset where there are none; and the version for its visitor. What the two
 * could read differently was refused before. These are the last of the door's rules for requests: `allow` leaves them where it is clear that
 * no policies are reached, so that such a request pays for few of them.
 *
 * A table that goes while a request is on its way leads nowhere; the router refuses what comes without the policies that it should have.
 */
export function policyRoutes({ domain, origins }: NodeConfig, layout: NodeLayout): string {
  const { policies, hosts } = policyMaps(layout);
  const look = `map_str(${policies})`;
  return `  http-request set-var(txn.s0) str(h:*),${look}
  http-request allow if !{ var(txn.s0) -m found }
  http-request set-var(txn.site) var(txn.host),host_only
  http-request set-var(txn.site) 'var(txn.site),regsub("[.]$","")' if { var(txn.site) -m end . }
${originHosts(origins)}  http-request set-var(txn.asked) req.fhdr(access-control-request-method) if METH_OPTIONS { req.fhdr(origin) -m found }
${previewRules(look, domain)}
  http-request set-var(txn.s0) var(txn.site),map_end(${hosts})
  http-request set-var(txn.exact) str(h:),concat(,txn.site)
  http-request set-var(txn.s0) var(txn.exact),${look}
  # The path as the router reads it: slashes merged, segments decoded, but an encoded slash or percent sign.
  http-request set-var(txn.path) path
  http-request set-var(txn.path) 'path,regsub("//+","/",g),regsub("%(?=2[fF5])","%25",g),url_dec' if { path -m sub // % }
${levels(look)}
  http-request set-var(txn.method) method
  # A preflight is the door's to answer where the method that it asks for has a rule for other origins.
  http-request set-var(txn.policy) var(${END}),concat(:*),${look} if { var(txn.asked) -m found }
  http-request set-var(txn.policy) var(${END}),concat(:,txn.asked),${look} if { var(txn.asked) -m found }
${armRules(look, " if { var(txn.asked) -m found }")}
  http-request set-var(txn.preflight) var(txn.policy),concat(.cors),${look}
  acl is_preflight var(txn.preflight) -m found
  http-request unset-var(txn.policy) if !is_preflight
  http-request set-var(txn.policy) var(${END}),concat(:*),${look} if !is_preflight
  http-request set-var(txn.policy) var(${END}),concat(:,txn.method),${look} if !is_preflight
${armRules(look, " if !is_preflight")}
${armHeaders()}
  http-request unset-var(txn.policy) if { var(txn.policy) -m str ${NONE} }
  http-request set-header x-edge-policy %[var(txn.policy)] if { var(txn.policy) -m found }
  http-request set-header x-edge-preflight 1 if is_preflight
  use_backend policies if { var(txn.policy) -m found }`;
}

/** What origins answer has no function's policies, whatever the path: the cache asks no function on their hosts. */
function originHosts(origins: readonly OriginConfig[]): string {
  const hosts = origins.flatMap(({ serves }) => serves);
  return hosts.map((host) => `  http-request allow if { var(txn.site) -m str -i ${host} }\n`).join("");
}

/** One step each; a variable stays unset where the path has ended, and where nothing leads on. */
function levels(look: string): string {
  return Array.from({ length: LEVELS }, (_, index) => {
    const [from, to, segment] = [`txn.s${index}`, `txn.s${index + 1}`, `txn.p${index + 1}`];
    return `  http-request set-var(${segment}) var(txn.path),field(${index + 2},/),hex
  http-request set-var(${to}) var(${from}),concat(/,${segment}),${look}
  http-request set-var(${to}) var(${from}),concat(/*),${look} if !{ var(${to}) -m found }
  http-request allow if !{ var(${to}) -m found }`;
  }).join("\n");
}
