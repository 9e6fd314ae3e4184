import { createHash, createHmac } from "node:crypto";
import type { IssuerConfig } from "../../components/config/fleetConfig.ts";
import type { PolicedFunction } from "../node/policedNode.ts";

const KEY = "bench-key";
const ORIGIN = "https://app.test";
const FOR_AN_HOUR = "public, max-age=3600";

/** The issuer of the tokens, and the secret that it signs with. */
export const ISSUER: IssuerConfig = { name: "bench", issuer: "bench", keys: [], secret: "bench-token-key" };
export const TOKEN_SECRET = "a secret of the bench, long enough";

/** A policy each, by what is asked; the first has none, beside functions that have some. */
export const POLICED: Readonly<Record<string, { readonly candidate: string } & Pick<PolicedFunction, "policies">>> = {
  none: { candidate: "no policy" },
  addresses: { candidate: "an address that is allowed", policies: { addresses: { allow: ["127.0.0.0/8"], deny: [] } } },
  rate: {
    candidate: "a rate limit",
    policies: { rateLimits: { client: { requests: 1_000_000, window: "1m" } } },
  },
  keys: {
    candidate: "an API key",
    policies: { apiKeys: { bench: createHash("sha256").update(KEY).digest("hex") } },
  },
  token: { candidate: "a token (HS256)", policies: { jwt: { issuer: ISSUER.name, audiences: ["bench"] } } },
  cors: {
    candidate: "a page of another origin",
    policies: {
      cors: {
        origins: [ORIGIN],
        methods: ["GET"],
        headers: [],
        exposeHeaders: [],
        credentials: false,
        maxAgeSeconds: 60,
      },
    },
  },
  headers: { candidate: "response headers", policies: { responseHeaders: { "x-frame-options": "DENY" } } },
};

/** The functions, each below a path of its own name; their answers are kept. */
export function policedFunctions(): Record<string, PolicedFunction> {
  return Object.fromEntries(
    Object.entries(POLICED).map(([name, { policies }]) => [
      name,
      { routes: [`/${name}/*`], cache: FOR_AN_HOUR, ...(policies === undefined ? {} : { policies }) },
    ]),
  );
}

/** What every request shows, so that all cost the same but for the policy. */
export function shownHeaders(): Record<string, string> {
  return { "x-api-key": KEY, origin: ORIGIN, authorization: `Bearer ${token()}` };
}

function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: ISSUER.issuer, aud: "bench", exp: Math.floor(Date.now() / 1_000) + 86_400 };
  const text = `${part({ alg: "HS256" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", TOKEN_SECRET).update(text).digest("base64url")}`;
}
