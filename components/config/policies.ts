import { createHash, createPublicKey } from "node:crypto";
import { NO_POLICIES, type Policies, type RateLimit, type RateScope } from "@edge-fleet/runner/policies/policies";
import { PolicyRouteError, policyRoutes } from "@edge-fleet/runner/policies/policyRoutes";
import { choose } from "./explain.ts";
import type { FunctionConfig, IssuerConfig, IssuerKey } from "./fleetConfig.ts";
import type { ProblemList } from "./problems.ts";
import type { RawConfig } from "./schema.ts";

type RawPolicies = NonNullable<RawConfig["functions"][string]["policies"]>;
type RawIssuer = RawConfig["issuers"][string];
type RawKey = NonNullable<RawIssuer["jwks"]>["keys"][number];

const KEY_ID = /^[A-Za-z0-9._~:/+=-]{1,200}$/;
const RSA_BITS_MIN = 2048;

/** Null when nothing is asked. */
export function policiesOf(raw: RawPolicies | undefined): Policies | null {
  if (raw === undefined) return null;
  const policies: Policies = {
    addresses: raw.addresses ?? null,
    countries: raw.countries ?? null,
    rateLimits: onlySet(raw.rateLimits) as Partial<Record<RateScope, RateLimit>>,
    apiKeys: raw.apiKeys ?? null,
    jwt: raw.jwt ?? null,
    signedUrls: raw.signedUrls ?? null,
    cors: raw.cors ?? null,
    bodyBytes: raw.bodyBytes ?? null,
    responseHeaders: onlySet(raw.responseHeaders),
  };
  return JSON.stringify(policies) === JSON.stringify(NO_POLICIES) ? null : policies;
}

/** What policies name must be there: countries, issuers, and keys for limits of keys; and doors must be able to follow the routes. */
export function refusePolicies(
  functions: readonly FunctionConfig[],
  stack: Partial<Pick<RawConfig, "geoipDatabase" | "issuers">>,
  problems: ProblemList,
): void {
  for (const { name, policies } of functions) {
    if (policies === null) continue;
    const at = (...keys: string[]) => ["functions", name, "policies", ...keys];
    if (policies.countries !== null && stack.geoipDatabase === undefined) {
      problems.add(at("countries"), {
        value: undefined,
        problem: "needs clients' countries, which nodes do not know",
        remedy: "Set edge-fleet:geoipDatabase to a MaxMind country or city database, or remove the key.",
      });
    }
    if (policies.rateLimits.key !== undefined && policies.apiKeys === null && policies.jwt === null) {
      problems.add(at("rateLimits", "key"), {
        value: undefined,
        problem: "counts keys, and the function asks for none",
        remedy: "Add apiKeys or jwt beside it, or limit the client or the route.",
      });
    }
    const issuer = policies.jwt?.issuer;
    const known = Object.keys(stack.issuers ?? {});
    if (issuer !== undefined && stack.issuers !== undefined && !known.includes(issuer)) {
      const add = `dd edge-fleet:issuers.${issuer}.`;
      problems.add(at("jwt", "issuer"), {
        value: issuer,
        problem: "is not one of edge-fleet:issuers",
        remedy: known.length === 0 ? `A${add}` : `${choose(issuer, known)} Or a${add}`,
      });
    }
  }
  refuseRoutes(functions, problems);
}

function refuseRoutes(functions: readonly FunctionConfig[], problems: ProblemList): void {
  try {
    policyRoutes(
      functions.map(({ name, routes, policies, cache }) => ({
        name,
        routes,
        ...(policies && { policies }),
        // Which version it is does not matter here.
        ...(cache.onDeploy !== "keep" && { cachedAs: "some" }),
      })),
    );
  } catch (error) {
    if (!(error instanceof PolicyRouteError)) throw error;
    problems.add(error.owner === "" ? ["functions"] : ["functions", error.owner, "routes"], {
      value: undefined,
      problem: "cannot be followed by the door, which applies policies and keeps versions apart",
      remedy: `Change them: ${error.message}.`,
    });
  }
}

/** Sorted by name. */
export function issuerConfigs(raw: RawConfig["issuers"], problems: ProblemList): IssuerConfig[] {
  return Object.entries(raw)
    .map(([name, { issuer, jwks, secret }]): IssuerConfig => {
      if ((jwks === undefined) === (secret === undefined)) {
        problems.add(["issuers", name], {
          value: undefined,
          problem: `has ${jwks === undefined ? "neither jwks nor secret" : "both jwks and secret"}`,
          remedy: "Give it jwks for RS256 and ES256, or a secret for HS256.",
        });
      }
      const keys = (jwks?.keys ?? []).flatMap((key, index) =>
        issuerKey(key, ["issuers", name, "jwks", "keys", index], problems),
      );
      refuseTwice(name, keys, problems);
      return { name, issuer, keys, secret: secret ?? null };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** PEM is what HAProxy reads. */
function issuerKey(key: RawKey, path: (string | number)[], problems: ProblemList): IssuerKey[] {
  const refuse = (problem: string, remedy: string) => {
    problems.add(path, { value: undefined, problem, remedy });
    return [];
  };
  const { kty, kid, alg, use } = key;
  if ("d" in key || "k" in key) {
    return refuse(
      "is a private key, and the fleet's config is not kept secret",
      "Remove it, and make a new one: its owner must be told.",
    );
  }
  if (use === "enc") return refuse("is a key for encryption", "Keep the keys whose use is sig.");
  const algorithm = kty === "RSA" ? "RS256" : kty === "EC" && key.crv === "P-256" ? "ES256" : null;
  if (algorithm === null || (alg !== undefined && alg !== algorithm)) {
    return refuse(
      "is for another algorithm than RS256 and ES256",
      "Use an RSA key for RS256, or a P-256 key for ES256.",
    );
  }
  if (kid !== undefined && (typeof kid !== "string" || !KEY_ID.test(kid))) {
    return refuse("has a kid that cannot be compared", "Use up to 200 letters, digits and ._~:/+=- in it.");
  }
  try {
    const parsed = createPublicKey({ key: key as never, format: "jwk" });
    const bits = parsed.asymmetricKeyDetails?.modulusLength ?? RSA_BITS_MIN;
    if (bits < RSA_BITS_MIN) return refuse(`is an RSA key of ${bits} bits`, `Use one of ${RSA_BITS_MIN} bits or more.`);
    const pem = parsed.export({ type: "spki", format: "pem" }).toString();
    const fingerprint = createHash("sha256").update(pem).digest("hex").slice(0, 16);
    return [{ id: (kid as string | undefined) ?? null, algorithm, pem, fingerprint }];
  } catch (error) {
    return refuse(`is no public key: ${(error as Error).message}`, "Copy the key set as its issuer publishes it.");
  }
}

function refuseTwice(name: string, keys: readonly IssuerKey[], problems: ProblemList): void {
  const ids = keys.map(({ id, fingerprint }) => id ?? fingerprint);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice === undefined && new Set(keys.map(({ fingerprint }) => fingerprint)).size === keys.length) return;
  problems.add(["issuers", name, "jwks", "keys"], {
    value: twice,
    problem: "has a key twice",
    remedy: "Keep one of them.",
  });
}

function onlySet<T extends object>(map: T): Record<string, never> {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== undefined)) as Record<string, never>;
}
