import { RATE_SCOPES, RESPONSE_HEADERS } from "@edge-fleet/runner/policies/policies";
import { commandSocket } from "../../commandSockets.ts";
import { HAPROXY_BUFFER_BYTES, HEADERS_MAX } from "../../httpBounds.ts";
import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import { varnish } from "../backends.ts";
import { defaults } from "../globals.ts";
import { counted, policyRefusal, refusalsTable } from "./answers.ts";
import { corsAnswers, corsRules } from "./cors.ts";
import { judgeSocket, policyMaps } from "./maps.ts";
import { clientRateRules, rateTables, sharedRateRules } from "./rates.ts";
import { tokenRules } from "./tokens.ts";

/**
 * `judge.cfg`: a HAProxy between the door and the cache, for requests of functions with policies. Each rule reads what its policy asks
 * from the map; `txn.refused` is the first that a request does not satisfy. It is a process of its own and has no TLS: before 2.8.11 a
 * token with a wrong RS256 signature leaves an error behind that ends somebody else's TLS connection (haproxy/haproxy#2643).
 */
export function renderJudge(node: NodeConfig, layout: NodeLayout): string {
  const map = policyMaps(layout).policies;
  const rules: Look = { map, of: (key) => `var(txn.policy),concat(.${key}),map_str(${map})` };
  return `global
  log stdout format raw local0 info
  stats socket ${commandSocket(layout, "judge")} mode 660 level admin
  fd-hard-limit ${node.size.files}
  hard-stop-after 10s
  tune.bufsize ${HAPROXY_BUFFER_BYTES}
  tune.http.maxhdr ${HEADERS_MAX}

${defaults()}
frontend judge
  bind unix@${judgeSocket(layout)} mode 660
  # The door's own question; clients' requests have an address.
  acl asks_alive path /.edge/healthz
  acl has_client req.hdr(x-edge-client-ip) -m found
  http-request return status 200 content-type text/plain string "ok" if asks_alive !has_client { nbsrv(varnish) ge 1 }
  http-request return status 503 content-type text/plain string "no cache" if asks_alive !has_client
  http-request set-var(txn.policy) req.hdr(x-edge-policy)
  http-request set-var(txn.preflight) req.hdr(x-edge-preflight)
  http-request set-var(txn.site) 'req.fhdr(host),host_only,regsub("[.]$","")'
  http-request set-var(txn.client) req.hdr_ip(x-edge-client-ip)
  http-request del-header x-edge-preflight
  http-request set-var(txn.function) var(txn.policy),map_str(${map})
  http-request set-var(txn.refused) str(policy) if !{ var(txn.function) -m found }
  http-request set-var(txn.refused) str(policy) if { ${rules.of("unable")} -m found }
  acl refused var(txn.refused) -m found
${addressRules(rules)}
${countryRules(rules)}
${clientRateRules(rules)}
${corsRules(rules)}
${keyRules(rules)}
${tokenRules(node, layout, rules)}
${signatureRules(rules)}
${bodyRules(rules)}
${sharedRateRules(rules)}
${counted()}
${refusals()}
  http-request del-header x-api-key if { var(txn.keys) -m found }
  http-request set-pathq %[var(txn.unsigned)] if { var(txn.signed) -m found }
${corsAnswers(rules)}
${responseHeaders(rules)}
  default_backend varnish

${varnish(layout)}
${rateTables()}
${refusalsTable()}`;
}

/** In the order in which they are asked. */
function refusals(): string {
  return [
    policyRefusal({ policies: ["policy"], code: "ERR_POLICY_UNAVAILABLE", headers: { "retry-after": "1" } }),
    policyRefusal({ policies: ["addresses"], code: "ERR_ADDRESS_REFUSED" }),
    policyRefusal({ policies: ["countries"], code: "ERR_COUNTRY_REFUSED" }),
    policyRefusal({
      policies: RATE_SCOPES.map((scope) => `rateLimits.${scope}`),
      code: "ERR_RATE_LIMITED",
      figures: { limit: '"%[var(txn.refused)]"', value: "%[var(txn.most)]", windowSeconds: "%[var(txn.window)]" },
      headers: { "retry-after": "%[var(txn.window)]" },
    }),
    policyRefusal({ policies: ["cors"], code: "ERR_CORS_REFUSED" }),
    policyRefusal({ policies: ["apiKeys"], code: "ERR_API_KEY", headers: { "www-authenticate": "ApiKey" } }),
    policyRefusal({ policies: ["jwt"], code: "ERR_TOKEN", headers: { "www-authenticate": "Bearer" } }),
    policyRefusal({ policies: ["signedUrls"], code: "ERR_SIGNATURE" }),
    policyRefusal({ policies: ["length"], code: "ERR_LENGTH_REQUIRED" }),
    policyRefusal({
      policies: ["bodyBytes"],
      code: "ERR_BODY_BYTES",
      figures: { limit: '"bodyBytes"', value: "%[var(txn.body)]", used: "%[req.hdr(content-length)]" },
    }),
  ].join("\n");
}

/** How rules read a policy: the map, and the value of one of its keys. */
export interface Look {
  readonly map: string;
  readonly of: (key: string) => string;
}

function addressRules({ of, map }: Look): string {
  return `  http-request set-var(txn.addresses) ${of("addresses")}
  http-request set-var(txn.ip) var(txn.client),hex
  # An IPv4 address within IPv6 is the IPv4 address.
  http-request set-var(txn.ip) var(txn.ip),bytes(24,8) if { var(txn.ip) -m beg 00000000000000000000FFFF }
  http-request set-var(txn.network) var(txn.policy),concat(.ip4:,txn.ip) if { var(txn.addresses) -m found }
  http-request set-var(txn.network) var(txn.policy),concat(.ip6:,txn.ip) if { var(txn.addresses) -m found } { var(txn.ip),length gt 8 }
  http-request set-var(txn.refused) str(addresses) if !refused { var(txn.addresses) -m found } !{ var(txn.network),map_beg(${map}) -m str allow }`;
}

function countryRules({ of, map }: Look): string {
  return `  http-request set-var(txn.country) ${of("country")}
  http-request set-var(txn.from) req.hdr(x-edge-country)
  http-request set-var(txn.from) var(txn.policy),concat(.country:,txn.from) if { var(txn.country) -m found }
  http-request set-var(txn.country) var(txn.from),map_str(${map}) if { var(txn.country) -m found }
  http-request set-var(txn.refused) str(countries) if !refused { var(txn.country) -m found } !{ var(txn.country) -m str allow }`;
}

function keyRules({ of, map }: Look): string {
  return `  http-request set-var(txn.keys) ${of("keys")}
  http-request set-var(txn.key) req.fhdr(x-api-key),sha2(256),hex,lower if { var(txn.keys) -m found } { req.fhdr_cnt(x-api-key) 1 }
  http-request set-var(txn.key) var(txn.policy),concat(.key:,txn.key) if { var(txn.key) -m found }
  http-request set-var(txn.caller) var(txn.key),map_str(${map})
  http-request set-var(txn.refused) str(apiKeys) if !refused { var(txn.keys) -m found } !{ var(txn.caller) -m found }`;
}

/** `<method> <host><path and query up to the signature>`, HEAD as GET. */
function signatureRules({ of }: Look): string {
  const signed = "{ var(txn.signed) -m found }";
  const form = "[?&]edge-expires=([0-9]{10})&edge-signature=([A-Za-z0-9_-]{43})$";
  return `  http-request set-var(txn.signed) ${of("signed")}
  http-request set-var(txn.why) str(missing) if !refused ${signed} !{ pathq -m reg '${form}' }
  http-request set-var(txn.refused) str(signedUrls) if !refused ${signed} !{ pathq -m reg '${form}' }
  http-request set-var(txn.unsigned) 'pathq,regsub("${form}","")' if ${signed}
  http-request set-var(txn.expires) 'pathq,regsub("^.*[?&]edge-expires=([0-9]{10})&edge-signature=.*$","\\\\1")' if ${signed}
  http-request set-var(txn.left) date,neg,add(txn.expires) if ${signed}
  http-request set-var(txn.why) str(expired) if !refused ${signed} !{ var(txn.left) -m int gt 0 }
  http-request set-var(txn.refused) str(signedUrls) if !refused ${signed} !{ var(txn.left) -m int gt 0 }
  http-request set-var(txn.verb) method if ${signed}
  http-request set-var(txn.verb) str(GET) if ${signed} { method HEAD }
  http-request set-var(txn.claim) 'pathq,regsub("&edge-signature=[A-Za-z0-9_-]{43}$","")' if ${signed}
  http-request set-var(txn.claim) 'var(txn.verb),concat(" ",txn.site),concat("",txn.claim)' if ${signed}
  http-request set-var(txn.signature) 'pathq,regsub("^.*&edge-signature=","")' if ${signed}
  http-request set-var(txn.signature) var(txn.signature),ub64dec if ${signed}
  http-request set-var(txn.secret) ${of("signed.0")}
  http-request set-var(txn.mac) var(txn.claim),hmac(sha256,txn.secret) if !refused ${signed} { var(txn.secret) -m found }
  acl signature_holds var(txn.signature),secure_memcmp(txn.mac) -m bool
  http-request set-var(txn.secret) ${of("signed.1")} if !signature_holds
  http-request set-var(txn.mac) var(txn.claim),hmac(sha256,txn.secret) if !refused ${signed} { var(txn.secret) -m found } !signature_holds
  http-request set-var(txn.why) str(wrong) if !refused ${signed} !signature_holds
  http-request set-var(txn.refused) str(signedUrls) if !refused ${signed} !signature_holds`;
}

function bodyRules({ of }: Look): string {
  const limited = "{ var(txn.body) -m found }";
  return `  http-request set-var(txn.body) ${of("body")}
  # Only a length that is told can be judged before the body comes.
  http-request set-var(txn.refused) str(length) if !refused ${limited} { req.hdr(transfer-encoding) -m found }
  http-request set-var(txn.refused) str(length) if !refused ${limited} !{ method GET HEAD OPTIONS DELETE } !{ req.hdr(content-length) -m found }
  http-request set-var(txn.refused) str(bodyBytes) if !refused ${limited} { req.hdr_val(content-length),sub(txn.body) gt 0 }`;
}

function responseHeaders({ of }: Look): string {
  const lines = RESPONSE_HEADERS.map(
    (name) =>
      `  http-after-response set-header ${name} %[${of(`header:${name}`)}] if { var(txn.headers) -m found } !{ res.hdr(${name}) -m found } { ${of(`header:${name}`)} -m found }`,
  );
  return `  http-request set-var(txn.headers) ${of("headers")}\n${lines.join("\n")}`;
}
