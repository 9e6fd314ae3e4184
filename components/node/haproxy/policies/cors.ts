import type { Look } from "./judge.ts";

/** Preflights are answered before anything asks who comes: browsers send them without keys and tokens. */
export function corsRules({ of, map }: Look): string {
  return `  http-request set-var(txn.cors) ${of("cors")}
  acl has_cors var(txn.cors) -m found
  http-request set-var(txn.origin) req.fhdr(origin),hex if has_cors
  http-request set-var(txn.origin) var(txn.policy),concat(.origin:,txn.origin) if { var(txn.origin) -m found }
  http-request set-var(txn.any) ${of("origin:*")} if has_cors
  http-request set-var(txn.shared) req.fhdr(origin) if has_cors { var(txn.origin),map_str(${map}) -m found }
  http-request set-var(txn.shared) str(*) if { var(txn.any) -m found }
  http-request set-var(txn.refused) str(cors) if !refused { var(txn.preflight) -m found } !{ var(txn.shared) -m found }
  http-request return status 204 if !refused { var(txn.preflight) -m found }`;
}

/** What an answer says to browsers, its own words on it dropped; a refusal says it too, so that pages can read why. */
export function corsAnswers({ of }: Look): string {
  const shared = "{ var(txn.shared) -m found }";
  const preflight = "{ var(txn.preflight) -m found }";
  const preflightHeader = (name: string, key: string) =>
    `  http-after-response set-header access-control-${name} %[${of(key)}] if ${shared} ${preflight} { ${of(key)} -m found }`;
  return `  http-after-response del-header access-control- -m beg if { var(txn.cors) -m found }
  http-after-response add-header vary origin if { var(txn.cors) -m found } !{ var(txn.any) -m found }
  http-after-response set-header access-control-allow-origin %[var(txn.shared)] if ${shared}
  http-after-response set-header access-control-allow-credentials true if ${shared} { var(txn.cors) -m str credentials }
  http-after-response set-header access-control-expose-headers %[${of("cors.expose")}] if ${shared} !${preflight} { ${of("cors.expose")} -m found }
${preflightHeader("allow-methods", "cors.methods")}
${preflightHeader("allow-headers", "cors.headers")}
${preflightHeader("max-age", "cors.age")}`;
}
