import type { IssuerConfig, IssuerKey } from "../../../config/fleetConfig.ts";
import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import type { Look } from "./judge.ts";

/** Clocks of issuer and node may differ by so much, seconds. */
const LEEWAY_SECONDS = 30;
/** Of a list of audiences the first ones are looked at. */
const AUDIENCES_READ = 8;

/**
 * JSON Web Tokens. The algorithm is the key's own and never the token's word, so none can be talked into another. HAProxy reads
 * public keys when it starts, so they are the node's and not a release's: each is a file, and a rule.
 */
export function tokenRules(node: NodeConfig, layout: NodeLayout, { of, map }: Look): string {
  const why = (reason: string, condition: string) =>
    `  http-request set-var(txn.why) str(${reason}) if !refused wants_token ${condition}
  http-request set-var(txn.refused) str(jwt) if !refused wants_token ${condition}`;
  const claim = (name: string, type = "") => `var(txn.token),jwt_payload_query('$.${name}'${type})`;
  const audiences = ["aud", ...Array.from({ length: AUDIENCES_READ }, (_, index) => `aud[${index}]`)];
  return `  http-request set-var(txn.issuer) ${of("jwt")}
  acl wants_token var(txn.issuer) -m found
  http-request set-var(txn.token) http_auth_bearer if wants_token { req.fhdr_cnt(authorization) 1 }
${why("missing", "!{ var(txn.token) -m found }")}
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request set-var(txn.kid) var(txn.token),jwt_header_query('$.kid')
${why("extension", "{ var(txn.token),jwt_header_query('$.crit[0]') -m found }")}
${node.issuers.map((issuer) => signatureRules(issuer, layout, map)).join("\n")}
${why("signature", "!{ var(txn.holds) -m int 1 }")}
  http-request set-var(txn.iss) ${claim("iss")}
${node.issuers.map(({ name, issuer }) => why("issuer", `{ var(txn.issuer) -m str ${name} } !{ var(txn.iss) -m str -- "${issuer}" }`)).join("\n")}
${audiences
  .map(
    (name) => `  http-request set-var(txn.aud) ${claim(name)},hex if wants_token !{ var(txn.audience) -m found }
  http-request set-var(txn.aud) var(txn.policy),concat(.aud:,txn.aud) if wants_token !{ var(txn.audience) -m found }
  http-request set-var(txn.audience) var(txn.aud),map_str(${map}) if wants_token !{ var(txn.audience) -m found }`,
  )
  .join("\n")}
${why("audience", "!{ var(txn.audience) -m found }")}
  http-request set-var(txn.exp) ${claim("exp", ",'int'")}
  http-request set-var(txn.left) date,neg,add(txn.exp),add(${LEEWAY_SECONDS}) if wants_token { var(txn.exp) -m found }
${why("expired", "!{ var(txn.left) -m int gt 0 }")}
  http-request set-var(txn.nbf) ${claim("nbf", ",'int'")}
  http-request set-var(txn.until) date,neg,add(txn.nbf) if wants_token { var(txn.nbf) -m found }
${why("early", `{ var(txn.until) -m int gt ${LEEWAY_SECONDS} }`)}
  http-request set-var(txn.caller) ${claim("sub")} if !{ var(txn.caller) -m found }`;
}

/** Public keys by their files below `etc`, whose names change with the keys. */
export function issuerKeys({ issuers }: NodeConfig): Record<string, string> {
  return Object.fromEntries(
    issuers.flatMap(({ name, keys }) => keys.map((key) => [issuerKeyFile(name, key), key.pem])),
  );
}

function issuerKeyFile(issuer: string, { fingerprint }: IssuerKey): string {
  return `issuer-${issuer}-${fingerprint}.pem`;
}

function signatureRules({ name, keys, secret }: IssuerConfig, layout: NodeLayout, map: string): string {
  const mine = `!refused { var(txn.issuer) -m str ${name} }`;
  const missing = "!{ var(txn.holds) -m int 1 }";
  const rules = keys.map((key) => {
    const fits = `${mine} ${missing} { var(txn.alg) -m str ${key.algorithm} }`;
    const verify = `var(txn.token),jwt_verify(${key.algorithm},"${layout.etc}/${issuerKeyFile(name, key)}")`;
    // A token that does not name its key may have been signed with any of them.
    const condition =
      key.id === null ? fits : `${fits} { var(txn.kid) -m str -- "${key.id}" } or ${fits} !{ var(txn.kid) -m found }`;
    return `  http-request set-var(txn.holds) ${verify} if ${condition}`;
  });
  if (secret !== null) {
    rules.push(`  http-request set-var(txn.hmac) str(issuer:${name}),map_str(${map}),b64dec if ${mine}
  http-request set-var(txn.holds) var(txn.token),jwt_verify(HS256,txn.hmac) if ${mine} { var(txn.alg) -m str HS256 }
  http-request unset-var(txn.hmac)`);
  }
  return rules.join("\n");
}
