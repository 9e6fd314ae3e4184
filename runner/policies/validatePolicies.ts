import { isIP } from "node:net";
import * as shape from "../release/shape.ts";
import { METHODS } from "../routes/route.ts";
import { SECRET_REFERENCE } from "../secretReference.ts";
import {
  type AllowDeny,
  NO_POLICIES,
  type Policies,
  RATE_SCOPES,
  RESPONSE_HEADERS,
  type ResponseHeader,
  WINDOW_NAMES,
} from "./policies.ts";

export const RATE_REQUESTS = { min: 1, max: 1_000_000 };
export const BODY_BYTES = { min: 0, max: 1024 ** 3 };
export const CORS_MAX_AGE_SECONDS = { min: 0, max: 86_400 };
export const ENTRIES_MAX = { addresses: 500, countries: 300, apiKeys: 1_000, audiences: 20, cors: 50 };

export const KEY_HASH = { regex: /^[0-9a-f]{64}$/, gloss: "the SHA-256 of the key in lower-case hex" };
export const KEY_OWNER = {
  regex: /^[a-z][a-z0-9-]{0,62}$/,
  gloss: "a lower-case letter, then up to 62 of a–z, 0–9 and -",
};
export const ISSUER_NAME = KEY_OWNER;
export const AUDIENCE = { regex: /^[\x21-\x7e]{1,256}$/, gloss: "an audience: 1 to 256 visible ASCII characters" };
export const BROWSER_ORIGIN = {
  regex: /^(\*|https?:\/\/[a-z0-9.-]{1,253}(:[1-9]\d{0,4})?)$/,
  gloss: "an origin as browsers write it, https://app.example.com, or *",
};
export const HEADER_NAME = { regex: /^[A-Za-z0-9-]{1,64}$/, gloss: "a header's name" };
/** No `"` and no `\`, so that a value stands in HAProxy's files as it is. */
export const HEADER_VALUE = {
  regex: /^[\x21\x23-\x5b\x5d-\x7e]([\x20\x21\x23-\x5b\x5d-\x7e]{0,2046}[\x21\x23-\x5b\x5d-\x7e])?$/,
  gloss: "a header's value: up to 2,048 ASCII characters without \" and \\",
};
const COUNTRY = { regex: /^[A-Z]{2}$/, gloss: "a country's code of two capital letters" };

/** Address or network in canonical bounds: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`. */
export function networkFault(text: string): string | null {
  const [address = "", length, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes("%")) return "is neither an IP address nor a network";
  const most = family === 4 ? 32 : 128;
  if (length !== undefined && (!/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > most)) {
    return `has a prefix length that is not a number up to ${most}`;
  }
  return null;
}

/** @throws ReleaseError naming key, value and what was expected. */
export function validatePolicies(value: unknown, at: string): Policies {
  const fields = shape.record(value, Object.keys(NO_POLICIES) as (keyof Policies)[], at);
  if (fields.addresses !== null) {
    validateAllowDeny(fields.addresses, `${at}.addresses`, ENTRIES_MAX.addresses, (network, where) => {
      const fault = networkFault(shape.text(network, where, 50));
      if (fault !== null) shape.wrong(where, network, `a network, but it ${fault}`);
      return network as string;
    });
  }
  if (fields.countries !== null) {
    const readCountry = (country: unknown, where: string) => shape.matching(country, where, COUNTRY);
    validateAllowDeny(fields.countries, `${at}.countries`, ENTRIES_MAX.countries, readCountry);
  }
  validateRateLimits(fields.rateLimits, `${at}.rateLimits`);
  if (fields.apiKeys !== null) validateApiKeys(fields.apiKeys, `${at}.apiKeys`);
  if (fields.jwt !== null) {
    const jwt = shape.record(fields.jwt, ["issuer", "audiences"], `${at}.jwt`);
    shape.matching(jwt.issuer, `${at}.jwt.issuer`, ISSUER_NAME);
    some(jwt.audiences, `${at}.jwt.audiences`, ENTRIES_MAX.audiences, AUDIENCE);
  }
  if (fields.signedUrls !== null) {
    const { secrets } = shape.record(fields.signedUrls, ["secrets"], `${at}.signedUrls`);
    some(secrets, `${at}.signedUrls.secrets`, 2, SECRET_REFERENCE);
  }
  if (fields.cors !== null) validateCors(fields.cors, `${at}.cors`);
  if (fields.bodyBytes !== null) shape.integer(fields.bodyBytes, `${at}.bodyBytes`, BODY_BYTES);
  validateResponseHeaders(fields.responseHeaders, `${at}.responseHeaders`);
  return value as Policies;
}

function validateAllowDeny(
  value: unknown,
  at: string,
  most: number,
  read: (item: unknown, at: string) => string,
): AllowDeny {
  const { allow, deny } = shape.record(value, ["allow", "deny"], at);
  const all = [...shape.list(allow, `${at}.allow`, most, read), ...shape.list(deny, `${at}.deny`, most, read)];
  if (all.length === 0) shape.wrong(at, value, "something that is allowed or denied");
  if (new Set(all).size !== all.length) shape.wrong(at, value, "each entry once");
  return value as AllowDeny;
}

function validateRateLimits(value: unknown, at: string): void {
  for (const [scope, limit] of Object.entries(shape.dictionary(value, at))) {
    shape.oneOf(scope, at, RATE_SCOPES);
    const { requests, window } = shape.record(limit, ["requests", "window"], `${at}.${scope}`);
    shape.integer(requests, `${at}.${scope}.requests`, RATE_REQUESTS);
    shape.oneOf(window, `${at}.${scope}.window`, WINDOW_NAMES);
  }
}

function validateApiKeys(value: unknown, at: string): void {
  const keys = Object.entries(shape.dictionary(value, at));
  if (keys.length === 0 || keys.length > ENTRIES_MAX.apiKeys) {
    shape.wrong(at, keys.length, `1 to ${ENTRIES_MAX.apiKeys} keys`);
  }
  for (const [owner, hash] of keys) {
    shape.matching(owner, at, KEY_OWNER);
    shape.matching(hash, `${at}.${owner}`, KEY_HASH);
  }
  if (new Set(keys.map(([, hash]) => hash)).size !== keys.length) shape.wrong(at, keys.length, "each key once");
}

function validateCors(value: unknown, at: string): void {
  const keys = ["origins", "methods", "headers", "exposeHeaders", "credentials", "maxAgeSeconds"] as const;
  const cors = shape.record(value, keys, at);
  const origins = some(cors.origins, `${at}.origins`, ENTRIES_MAX.cors, BROWSER_ORIGIN);
  if (origins.includes("*") && origins.length > 1) shape.wrong(`${at}.origins`, origins, "* alone, or origins by name");
  shape.list(cors.methods, `${at}.methods`, ENTRIES_MAX.cors, (method, where) => shape.oneOf(method, where, METHODS));
  for (const key of ["headers", "exposeHeaders"] as const) {
    shape.list(cors[key], `${at}.${key}`, ENTRIES_MAX.cors, (name, where) => shape.matching(name, where, HEADER_NAME));
  }
  if (typeof cors.credentials !== "boolean") shape.wrong(`${at}.credentials`, cors.credentials, "true or false");
  if (cors.credentials && origins.includes("*")) {
    shape.wrong(`${at}.credentials`, true, "origins by name where credentials are allowed");
  }
  shape.integer(cors.maxAgeSeconds, `${at}.maxAgeSeconds`, CORS_MAX_AGE_SECONDS);
}

function validateResponseHeaders(value: unknown, at: string): void {
  for (const [name, text] of Object.entries(shape.dictionary(value, at))) {
    shape.oneOf(name as ResponseHeader, at, RESPONSE_HEADERS);
    shape.matching(text, `${at}.${name}`, HEADER_VALUE);
  }
}

/** A list with at least one entry, each once. */
function some(value: unknown, at: string, most: number, pattern: typeof AUDIENCE): readonly string[] {
  const items = shape.list(value, at, most, (item, where) => shape.matching(item, where, pattern));
  if (items.length === 0) shape.wrong(at, value, "at least one entry");
  if (new Set(items).size !== items.length) shape.wrong(at, value, "each entry once");
  return items;
}
