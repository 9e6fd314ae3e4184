import type { EdgeFunction } from "@edge-fleet/runner/contract";
import { askUpstream, boundedText } from "edge-fleet/upstream";
import {
  base64url,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";

/**
 * Guards `env.UPSTREAM`: only requests with a valid token get there, as `Authorization: Bearer`, and the upstream finds who it is in
 * `x-jwt-sub`, `x-jwt-scope` and `x-jwt-claims`. Tokens are signed with the secret `SECRET` (HS256), or with a key of the set at
 * `env.JWKS_URL` (RS256, PS256, ES256, EdDSA), never either: who knows a public key cannot sign with it.
 */

interface Env {
  readonly UPSTREAM?: string;
  readonly SECRET?: string;
  readonly JWKS_URL?: string;
  readonly ISSUER?: string;
  readonly AUDIENCE?: string;
}

const SECRET_BYTES_MIN = 32;
const KEYS_FRESH_MS = 10 * 60_000;
/** Unknown key ids make the set be read again, but no client can have it read all the time. */
const KEYS_READ_EVERY_MS = 30_000;
const KEYS_WITHIN_MS = 3_000;
const KEYS_BYTES_MAX = 262_144;
const CLOCK_TOLERANCE = "30s";
const ASYMMETRIC = ["RS256", "PS256", "ES256", "EdDSA"];

let keys: { readonly url: string; readonly set: JSONWebKeySet; readonly readAt: number } | undefined;

export default {
  async fetch(request, env) {
    const missing = missingConfig(env);
    if (missing !== undefined) return failure(500, missing);
    const token = /^Bearer +([\w.~+/=-]+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
    if (token === undefined) return unauthorized("");
    let claims: JWTPayload;
    try {
      claims = await verified(token, env);
    } catch (error) {
      if (error instanceof errors.JWTExpired) return unauthorized("the token has expired");
      if (error instanceof errors.JOSEError) return unauthorized("the token is not valid");
      console.error("the keys cannot be read", error);
      return failure(503, "tokens cannot be checked now");
    }
    try {
      return privately(await askUpstream(env.UPSTREAM as string, request, { headers: identity(request, claims) }));
    } catch (error) {
      console.error(error);
      return failure(502, "the upstream cannot be reached");
    }
  },
} satisfies EdgeFunction<Env>;

function missingConfig({ UPSTREAM, SECRET, JWKS_URL, ISSUER, AUDIENCE }: Env): string | undefined {
  const set = (what: string) => `set edge-fleet:functions.jwt.${what} in the stack config`;
  if (!UPSTREAM) return `no upstream: ${set("env.UPSTREAM")}`;
  if (!SECRET === !JWKS_URL) return `it needs one of two: ${set("secrets.SECRET, or env.JWKS_URL,")}`;
  if (SECRET && new TextEncoder().encode(SECRET).length < SECRET_BYTES_MIN)
    return `the secret SECRET has less than ${SECRET_BYTES_MIN} bytes: anybody could find it by trying`;
  if (!ISSUER || !AUDIENCE) return `tokens for others would be good here: ${set("env.ISSUER and env.AUDIENCE")}`;
  return undefined;
}

async function verified(token: string, env: Env): Promise<JWTPayload> {
  const options: JWTVerifyOptions = {
    issuer: env.ISSUER as string,
    audience: env.AUDIENCE as string,
    clockTolerance: CLOCK_TOLERANCE,
    requiredClaims: ["exp", "sub"],
  };
  if (env.SECRET !== undefined) {
    const key = new TextEncoder().encode(env.SECRET);
    return (await jwtVerify(token, key, { ...options, algorithms: ["HS256"] })).payload;
  }
  const url = env.JWKS_URL as string;
  const known = await keysOf(url, KEYS_FRESH_MS);
  const withSet = async (set: JSONWebKeySet) =>
    (await jwtVerify(token, createLocalJWKSet(set), { ...options, algorithms: ASYMMETRIC })).payload;
  try {
    return await withSet(known);
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
    return withSet(await keysOf(url, KEYS_READ_EVERY_MS));
  }
}

/** The set as it was read at most `freshMs` ago; an older one where it cannot be read now. */
async function keysOf(url: string, freshMs: number): Promise<JSONWebKeySet> {
  const known = keys?.url === url ? keys : undefined;
  if (known !== undefined && Date.now() - known.readAt < freshMs) return known.set;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(KEYS_WITHIN_MS) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    const set = JSON.parse((await boundedText(response, KEYS_BYTES_MAX)) ?? "") as JSONWebKeySet;
    createLocalJWKSet(set);
    keys = { url, set, readAt: Date.now() };
    return set;
  } catch (error) {
    if (known === undefined) throw new Error("no set of keys", { cause: error });
    console.warn("the set of keys cannot be read, the one before goes on", error);
    keys = { ...known, readAt: Date.now() - KEYS_FRESH_MS + KEYS_READ_EVERY_MS };
    return known.set;
  }
}

/** What a client says under these names is not believed. Claims may be any text, so they go as Base64URL of JSON. */
function identity(request: Request, claims: JWTPayload): Record<string, string | null> {
  const forged = [...request.headers.keys()].filter((name) => name.startsWith("x-jwt-"));
  const { sub = "", scope } = claims;
  return {
    ...Object.fromEntries(forged.map((name) => [name, null])),
    authorization: null,
    "x-jwt-sub": encodeURIComponent(sub),
    "x-jwt-scope": typeof scope === "string" ? encodeURIComponent(scope) : null,
    "x-jwt-claims": base64url.encode(JSON.stringify(claims)),
  };
}

/** A cache in front would give one's page to all, also to those without a token. */
function privately(response: Response): Response {
  for (const name of ["surrogate-control", "cdn-cache-control", "expires"]) response.headers.delete(name);
  const isSecret = /\bno-store\b/i.test(response.headers.get("cache-control") ?? "");
  response.headers.set("cache-control", isSecret ? "no-store" : "private, no-cache");
  return response;
}

function unauthorized(description: string): Response {
  const error = description && `, error="invalid_token", error_description="${description}"`;
  const response = failure(401, description || "a token is needed: authorization: Bearer …");
  response.headers.set("www-authenticate", `Bearer realm="edge"${error}`);
  return response;
}

function failure(status: number, message: string): Response {
  return Response.json({ error: message }, { status, headers: { "cache-control": "no-store" } });
}
