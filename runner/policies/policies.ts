import { createHash } from "node:crypto";
import { canonicalJson } from "../release/canonicalJson.ts";

/** Windows in which requests are counted, and their length in seconds: each is a table of HAProxy's, so the set is fixed. */
export const WINDOWS = { "1s": 1, "10s": 10, "1m": 60, "1h": 3600 } as const;
export type Window = keyof typeof WINDOWS;
export const WINDOW_NAMES = Object.keys(WINDOWS) as readonly Window[];

/** Who shares a count: one client's address, one API key or token's subject, or all requests of the function. */
export const RATE_SCOPES = ["client", "key", "route"] as const;
export type RateScope = (typeof RATE_SCOPES)[number];

export interface RateLimit {
  /** Requests that pass in each window, on each node. */
  readonly requests: number;
  readonly window: Window;
}

/** A list that allows or denies. What is in none is allowed, unless something is allowed by name. */
export interface AllowDeny {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

export interface Cors {
  /** `https://app.example.com`, or `*` alone for any. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly credentials: boolean;
  /** How long a browser keeps the answer to a preflight, seconds. */
  readonly maxAgeSeconds: number;
}

/** Response headers that a function may have set where its answer has none of the name. */
export const RESPONSE_HEADERS = [
  "content-security-policy",
  "cross-origin-embedder-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "permissions-policy",
  "referrer-policy",
  "x-content-type-options",
  "x-frame-options",
] as const;
export type ResponseHeader = (typeof RESPONSE_HEADERS)[number];

/** What the node's door asks of every request for a function, before the cache; null or empty where nothing is asked. */
export interface Policies {
  /** Addresses and networks; the longest prefix that fits decides. */
  readonly addresses: AllowDeny | null;
  /** ISO 3166-1 alpha-2 codes; `XX` is an address whose country is not known. */
  readonly countries: AllowDeny | null;
  readonly rateLimits: Readonly<Partial<Record<RateScope, RateLimit>>>;
  /** SHA-256 of each key in lower-case hex, by the name of who has it. */
  readonly apiKeys: Readonly<Record<string, string>> | null;
  /** A token of one of the node's issuers, for one of these audiences. */
  readonly jwt: { readonly issuer: string; readonly audiences: readonly string[] } | null;
  /** Names of secrets whose signature a URL must have; the second one is for a change of keys. */
  readonly signedUrls: { readonly secrets: readonly string[] } | null;
  readonly cors: Cors | null;
  readonly bodyBytes: number | null;
  readonly responseHeaders: Readonly<Partial<Record<ResponseHeader, string>>>;
}

export const NO_POLICIES: Policies = {
  addresses: null,
  countries: null,
  rateLimits: {},
  apiKeys: null,
  jwt: null,
  signedUrls: null,
  cors: null,
  bodyBytes: null,
  responseHeaders: {},
};

/** The header in which the door tells the router under which policies it let a request pass. */
export const POLICY_HEADER = "x-edge-policy";

/** 16 hex digits: equal for equal policies of one function. They name them in HAProxy's maps and in `x-edge-policy`. */
export function policyId(name: string, policies: Policies): string {
  return createHash("sha256")
    .update(canonicalJson([name, policies]))
    .digest("hex")
    .slice(0, 16);
}
