import { createHash } from "node:crypto";
import { canonicalJson } from "../release/canonicalJson.ts";
import { addressPrefixes, prefixLength } from "./addressPrefixes.ts";
import { type DoorFunction, entryLines, NONE, policiesOf, previewLines } from "./doorFunction.ts";
import { type AllowDeny, type Policies, policyId, RATE_SCOPES, WINDOWS } from "./policies.ts";
import { hexOf, policyRoutes } from "./policyRoutes.ts";

/**
 * Lines of HAProxy's maps: `policies.map` with routes, what each policy asks and who has which version, `policy-hosts.map` with wildcard hosts.
 * Names of states begin with the table's stamp, so that two tables stand side by side: a request goes to its end in the one
 * in which it began.
 */
export interface DoorMaps {
  /** Of all that is in the table; "" when the door has nothing to do for any function. */
  readonly stamp: string;
  readonly policies: ReadonlyMap<string, string>;
  /** In the order in which HAProxy tries them. */
  readonly hosts: ReadonlyMap<string, string>;
}

/** Where previews alone have policies, routes lead nowhere. */
const NO_ROUTES = {
  hosts: new Map([["*", NONE]]),
  hostEnds: new Map<string, string>(),
  steps: new Map<string, string>(),
  ends: new Map<string, string>(),
};

export const NO_MAPS: DoorMaps = { stamp: "", policies: new Map(), hosts: new Map() };

/** What of the node a policy needs. */
export interface DoorFacts {
  /** Issuers whose tokens the node's HAProxy can judge. */
  readonly issuers: readonly string[];
  readonly hasCountries: boolean;
  /** Values of secrets by name; a policy whose secret is not here lets nothing pass. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** @throws PolicyRouteError */
export function doorMaps(functions: readonly DoorFunction[], facts: DoorFacts): DoorMaps {
  const routes = policyRoutes(functions);
  const previews = functions.flatMap((known) => [...previewLines(known)]);
  if (routes === null && previews.length === 0) return NO_MAPS;
  const { hosts, hostEnds, steps, ends } = routes ?? NO_ROUTES;
  const stamp = createHash("sha256")
    .update(canonicalJson([hosts, hostEnds, steps, ends].map((part) => [...part])))
    .digest("hex")
    .slice(0, 12);
  const here = (state: string) => (state === NONE ? NONE : `${stamp}.${state}`);
  const policies = new Map<string, string>();
  for (const [host, state] of hosts) policies.set(`h:${host}`, here(state));
  for (const [step, state] of steps) policies.set(here(step), here(state));
  for (const [end, policy] of ends) policies.set(here(end), policy);
  for (const [label, policy] of previews) policies.set(label, policy);
  for (const known of functions) {
    for (const [key, value] of entryLines(known)) policies.set(key, value);
    for (const asked of policiesOf(known)) {
      const id = policyId(known.name, asked);
      if (policies.has(id)) continue;
      policies.set(id, known.name);
      for (const [key, value] of linesOf(asked, facts)) policies.set(`${id}.${key}`, value);
    }
  }
  return { stamp, policies, hosts: new Map([...hostEnds].map(([end, state]) => [end, here(state)])) };
}

/** Names of the secrets that policies need, each once. */
export function policySecrets(functions: readonly DoorFunction[]): string[] {
  return [...new Set(functions.flatMap(policiesOf).flatMap(({ signedUrls }) => signedUrls?.secrets ?? []))];
}

function* linesOf(policies: Policies, facts: DoorFacts): Generator<readonly [key: string, value: string]> {
  const { addresses, countries, rateLimits, apiKeys, jwt, signedUrls, cors, bodyBytes, responseHeaders } = policies;
  if (addresses !== null) {
    yield ["addresses", "1"];
    yield* addressLines(addresses);
  }
  if (countries !== null) {
    yield* facts.hasCountries ? countryLines(countries) : unable("the node knows no countries");
  }
  for (const scope of RATE_SCOPES) {
    const limit = rateLimits[scope];
    if (limit !== undefined) yield [`rate.${scope}`, `${WINDOWS[limit.window]}:${limit.requests}`];
  }
  if (apiKeys !== null) {
    yield ["keys", "1"];
    for (const [owner, hash] of Object.entries(apiKeys)) yield [`key:${hash}`, owner];
  }
  if (jwt !== null) {
    if (!facts.issuers.includes(jwt.issuer)) yield* unable(`the node has no issuer ${jwt.issuer}`);
    yield ["jwt", jwt.issuer];
    for (const audience of jwt.audiences) yield [`aud:${hexOf(audience)}`, "1"];
  }
  if (signedUrls !== null) yield* signatureLines(signedUrls.secrets, facts);
  if (cors !== null) {
    yield ["cors", cors.credentials ? "credentials" : "1"];
    for (const origin of cors.origins) yield [origin === "*" ? "origin:*" : `origin:${hexOf(origin)}`, "1"];
    yield ["cors.methods", cors.methods.join(", ")];
    if (cors.headers.length > 0) yield ["cors.headers", cors.headers.join(", ")];
    if (cors.exposeHeaders.length > 0) yield ["cors.expose", cors.exposeHeaders.join(", ")];
    yield ["cors.age", String(cors.maxAgeSeconds)];
  }
  if (bodyBytes !== null) yield ["body", String(bodyBytes)];
  for (const [name, value] of Object.entries(responseHeaders)) yield [`header:${name}`, value];
  if (Object.keys(responseHeaders).length > 0) yield ["headers", "1"];
}

/** Nothing passes under this policy here; the door says so with `ERR_POLICY_UNAVAILABLE`. */
function* unable(why: string): Generator<readonly [string, string]> {
  yield ["unable", why];
}

function* addressLines({ allow, deny }: AllowDeny): Generator<readonly [string, string]> {
  const otherwise = allow.length === 0 ? "allow" : "deny";
  yield ["ip4:", otherwise];
  yield ["ip6:", otherwise];
  const verdicts = [
    ...allow.map((network) => ({ network, verdict: "allow" })),
    ...deny.map((network) => ({ network, verdict: "deny" })),
  ];
  // What comes later stands: the longer prefix, and of the same network the one that denies.
  for (const { network, verdict } of verdicts.sort((a, b) => prefixLength(a.network) - prefixLength(b.network))) {
    for (const prefix of addressPrefixes(network)) yield [prefix, verdict];
  }
}

function* countryLines({ allow, deny }: AllowDeny): Generator<readonly [string, string]> {
  yield ["country", allow.length === 0 ? "allow" : "deny"];
  for (const code of allow) yield [`country:${code}`, "allow"];
  for (const code of deny) yield [`country:${code}`, "deny"];
}

function* signatureLines(names: readonly string[], { secrets }: DoorFacts): Generator<readonly [string, string]> {
  yield ["signed", "1"];
  for (const [index, name] of names.entries()) {
    const value = secrets.get(name);
    if (value === undefined) yield* unable(`the secret ${name} cannot be used`);
    else yield [`signed.${index}`, Buffer.from(value).toString("base64")];
  }
}

/** Names of the files that HAProxy reads the maps from. */
export const DOOR_MAP_FILES = { policies: "policies.map", hosts: "policy-hosts.map" } as const;

/** HAProxy's table of refusals, by `<policy's id>:<what refused>`. */
export const REFUSALS_TABLE = "policy_refusals";
