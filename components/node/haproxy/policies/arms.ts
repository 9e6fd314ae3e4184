import { SHARES, VERSION_HEADER, VISITOR_COOKIE } from "@edge-fleet/runner/traffic/arm";

const { name, pattern, maxAgeSeconds } = VISITOR_COOKIE;
/** The cookie's digits: enough that two addresses hardly share them. */
const VISITOR_DIGITS = 16;

/**
 * Who a visitor is for splits: what the cookie says, else the client's address, in IPv6 its /64. The cookie is made of the first address, so that a visitor
 * stays the same with it and, while the address stays, without it. It goes no further than the door.
 */
export function visitor(): string {
  const has = "{ var(txn.cookie) -m found }";
  return `  http-request set-var(txn.cookie) req.cook(${name})
  http-request set-var(txn.visitor) var(txn.cookie) if { var(txn.cookie) -m reg ${pattern} }
  http-request set-var(txn.known) bool(true) if { var(txn.visitor) -m found }
  http-request replace-header cookie '^${name}=[^;]*(?:;[ ]*)?(.*)$' '\\1' if ${has}
  http-request replace-header cookie '^(.*);[ ]*${name}=[^;]*(.*)$' '\\1\\2' if ${has}
  # Only who makes up cookies has it more than once.
  http-request del-header cookie if ${has} { req.cook(${name}) -m found } or ${has} { req.fhdr(cookie) -m len 0 }`;
}

/**
 * What `txn.policy` leads to, where it is an entry: the version for this visitor, and its policies in `txn.policy`.
 * The same shares as `shareOf` (`runner/traffic/arm.ts`).
 */
export function armRules(look: string, condition: string): string {
  const of = (key: string) => `var(txn.policy),concat(.${key}),${look}`;
  const isEntry = "{ var(txn.stable) -m found }";
  const isSplit = "{ var(txn.split) -m found }";
  const isCandidate = "{ var(txn.candidate) -m found }";
  const digest = `sha2(256),hex,lower,bytes(0,${VISITOR_DIGITS})`;
  return `  http-request unset-var(txn.stable)
  http-request unset-var(txn.split)
  http-request unset-var(txn.candidate)
  http-request unset-var(txn.version)
  http-request set-var(txn.stable) ${of("stable")}${condition}
  http-request set-var(txn.split) ${of("split")} if ${isEntry}
  http-request set-var(txn.visitor) src,ipmask(32,64),${digest} if ${isSplit} !{ var(txn.visitor) -m found }
  http-request set-var(txn.share) ${of("name")} if ${isSplit}
  http-request set-var(txn.share) var(txn.share),concat(:,txn.visitor),sha2(256),hex,bytes(0,8),hex2i,mod(${SHARES}),sub(txn.split) if ${isSplit}
  http-request set-var(txn.version) ${of("version")} if ${isEntry}
  http-request set-var(txn.candidate) ${of("candidate")} if ${isSplit} { var(txn.share) -m int lt 0 }
  http-request set-var(txn.version) ${of("next")} if ${isCandidate}
  http-request set-var(txn.policy) var(txn.stable) if ${isEntry} !${isCandidate}
  http-request set-var(txn.policy) var(txn.candidate) if ${isCandidate}`;
}

/** The last rules of a split: what cache and router are told, and what a new visitor is given. */
export function armHeaders(): string {
  return `  http-request set-header ${VERSION_HEADER} %[var(txn.version)] if { var(txn.version) -m found }`;
}

/** Set whatever answers, cache or function: a copy is everybody's, the cookie is not in it. */
export function visitorCookie(): string {
  const attributes = `Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`;
  return `  http-after-response add-header set-cookie "${name}=%[var(txn.visitor)]; ${attributes}" if { var(txn.split) -m found } !{ var(txn.known) -m found }`;
}
