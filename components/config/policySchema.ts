import { RATE_SCOPES, type RateScope, RESPONSE_HEADERS, WINDOW_NAMES } from "@edge-fleet/runner/policies/policies";
import {
  AUDIENCE,
  BODY_BYTES,
  BROWSER_ORIGIN,
  CORS_MAX_AGE_SECONDS,
  ENTRIES_MAX,
  HEADER_NAME,
  HEADER_VALUE,
  KEY_HASH,
  KEY_OWNER,
  networkFault,
  RATE_REQUESTS,
} from "@edge-fleet/runner/policies/validatePolicies";
import { METHODS } from "@edge-fleet/runner/routes/route";
import * as z from "zod";
import { COUNTRIES } from "./countries.ts";
import { distinct, keyed, text } from "./schemaParts.ts";
import { secret } from "./storeSchema.ts";

const allowDeny = (item: z.ZodType<string>, most: number, what: string) =>
  keyed({
    allow: distinct(item).max(most).default([]).describe(`${what} that may come in; nobody else then.`),
    deny: distinct(item).max(most).default([]).describe(`${what} that may not.`),
  }).refine(({ allow, deny }) => allow.length + deny.length > 0, {
    error: "allows and denies nothing",
    params: { remedy: "Name something below allow or deny, or remove the key.", isTooLittle: true },
  });

const network = text({
  fits: (value) => networkFault(value) === null,
  problem: (value) => networkFault(value) ?? "",
  remedy: "Use 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32.",
});

const country = text({
  fits: (code) => COUNTRIES.has(code) || code === "XX",
  problem: "is not an ISO 3166-1 alpha-2 country code",
  remedy: "Use two capital letters: JP, DE, GB; XX for addresses whose country is not known.",
});

const rateLimit = keyed({
  requests: z.int().min(RATE_REQUESTS.min).max(RATE_REQUESTS.max).describe("Requests that pass in each window."),
  window: z
    .enum(WINDOW_NAMES as [string, ...string[]], { error: "is not a window in which requests are counted" })
    .describe("`1s`, `10s`, `1m` or `1h`, sliding."),
});

const RATE_MEANINGS: Readonly<Record<RateScope, string>> = {
  client: "Of one address; of a /64 where it is IPv6. Counted before keys and tokens are asked for.",
  key: "Of one API key, or one token's subject.",
  route: "Of all who ask the function.",
};

const matching = ({ regex, gloss }: { regex: RegExp; gloss: string }, problem: string) =>
  text({ fits: (value) => regex.test(value), problem, remedy: `Use ${gloss}.` });

const headerName = matching(HEADER_NAME, "is not a header's name");

const cors = keyed({
  origins: distinct(matching(BROWSER_ORIGIN, "is not an origin as browsers write it"))
    .min(1)
    .max(ENTRIES_MAX.cors)
    .refine((origins) => origins.length === 1 || !origins.includes("*"), {
      error: "has * beside origins by name",
      params: { remedy: "Keep * alone, or the names." },
    })
    .describe("Whose pages may ask: `https://app.example.com`, or `*` alone for any."),
  methods: distinct(z.enum(METHODS as [string], { error: "is not a method that fetch can send" }))
    .max(ENTRIES_MAX.cors)
    .default(["GET", "HEAD", "POST"])
    .describe("Methods that a preflight is told of."),
  headers: distinct(headerName)
    .max(ENTRIES_MAX.cors)
    .default([])
    .describe("Request headers beyond those that need no leave."),
  exposeHeaders: distinct(headerName)
    .max(ENTRIES_MAX.cors)
    .default([])
    .describe("Response headers that pages may read."),
  credentials: z.boolean().default(false).describe("Whether browsers may send cookies and keys; not with `*`."),
  maxAgeSeconds: z
    .int()
    .min(CORS_MAX_AGE_SECONDS.min)
    .max(CORS_MAX_AGE_SECONDS.max)
    .default(600)
    .describe("How long a browser keeps the answer to a preflight."),
}).refine(({ origins, credentials }) => !(credentials && origins.includes("*")), {
  error: "allows credentials to every origin",
  params: { remedy: "Name the origins, or remove credentials." },
});

/** `edge-fleet:functions.<name>.policies`: what the door asks of every request for the function. */
export const policies = keyed({
  addresses: allowDeny(network, ENTRIES_MAX.addresses, "Addresses and networks")
    .optional()
    .describe("By client address; the longest prefix that fits decides."),
  countries: allowDeny(country, ENTRIES_MAX.countries, "Countries")
    .optional()
    .describe("By the country of the client's address; needs `edge-fleet:geoipDatabase`."),
  rateLimits: keyed(
    Object.fromEntries(
      RATE_SCOPES.map((scope) => [scope, rateLimit.optional().describe(RATE_MEANINGS[scope])]),
    ) as Record<RateScope, z.ZodOptional<typeof rateLimit>>,
  )
    .default({})
    .describe("Requests that pass, counted by each node for itself."),
  apiKeys: z
    .record(matching(KEY_OWNER, "is not a name for who has a key"), matching(KEY_HASH, "is not the SHA-256 of a key"))
    .refine((keys) => Object.keys(keys).length > 0, {
      error: "is empty",
      params: { remedy: "Name at least one key, or remove the key.", isTooLittle: true },
    })
    .refine((keys) => new Set(Object.values(keys)).size === Object.keys(keys).length, {
      error: "has a key twice",
      params: { remedy: "Keep one of them." },
    })
    .optional()
    .describe("Keys of `x-api-key`, as SHA-256 in hex, by who has them: `printf %s <key> | sha256sum`."),
  jwt: keyed({
    issuer: z.string().describe("One of `edge-fleet:issuers`, by its name there."),
    audiences: distinct(matching(AUDIENCE, "is not an audience"))
      .min(1)
      .max(ENTRIES_MAX.audiences)
      .describe("A token is for one of them, in its claim `aud`."),
  })
    .optional()
    .describe("A JSON Web Token in `authorization: Bearer`, with an end (`exp`)."),
  signedUrls: keyed({
    secrets: distinct(secret)
      .min(1)
      .max(2)
      .describe("Secrets of the node that sign; a second one for a change of keys."),
  })
    .optional()
    .describe("A URL with `edge-expires` and `edge-signature` at its end (docs/policies.md)."),
  cors: cors.optional().describe("Pages of other origins; the door answers their preflights."),
  bodyBytes: z
    .int()
    .min(BODY_BYTES.min)
    .max(BODY_BYTES.max)
    .optional()
    .describe("Largest body, by the length that the request tells; one that tells none is refused."),
  responseHeaders: keyed(
    Object.fromEntries(
      RESPONSE_HEADERS.map((name) => [
        name,
        matching(HEADER_VALUE, "is not a header's value").optional().describe(`Value of \`${name}\`.`),
      ]),
    ) as Record<(typeof RESPONSE_HEADERS)[number], z.ZodOptional<z.ZodString>>,
  )
    .default({})
    .describe("Headers of an answer where the function gives none of the name."),
});

/** `edge-fleet:issuers`: who issues tokens. */
export const issuers = z
  .record(
    matching(KEY_OWNER, "is not an issuer's name"),
    keyed({
      issuer: text({
        fits: (value) => /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/.test(value),
        problem: "is not the claim iss of tokens",
        remedy: 'Write it exactly as tokens have it, without spaces, " and \\.',
      }).describe("The claim `iss` of its tokens, exactly."),
      jwks: z
        .looseObject({
          keys: z
            .array(z.looseObject({ kty: z.string().describe("`RSA` or `EC`.") }))
            .min(1)
            .max(20)
            .describe("Keys as their issuer publishes them."),
        })
        .optional()
        .describe("Its public keys as a JSON Web Key Set: RSA for RS256, P-256 for ES256."),
      secret: secret.optional().describe("Secret of the node that its HS256 tokens are signed with."),
    }),
  )
  .default({})
  .describe("Issuers of tokens that policies of functions take, by a name of your choice.");
