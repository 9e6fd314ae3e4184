import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { faults, legalConfig, problemsOf, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = (changes: object = {}) => ({ ...rsa.publicKey.export({ format: "jwk" }), ...changes });

function parsed(changes: Record<string, unknown>) {
  return parseFleetConfig({ ...legalConfig(), ...changes }, TEST_CONTEXT);
}

const policiesOf = (policies: unknown, changes: Record<string, unknown> = {}) =>
  parsed({ ...changes, functions: { api: { policies } } }).functions[0]?.policies;

const wrong = (policies: unknown) =>
  faults((raw) => {
    raw.functions = { api: { policies } };
  });

test("a function that asks nothing has no policies", () => {
  assert.equal(parsed({}).functions[0]?.policies, null);
  assert.equal(policiesOf({}), null);
});

test("what is not said is not asked", () => {
  assert.deepEqual(policiesOf({ apiKeys: { partner: HASH }, rateLimits: { key: { requests: 5, window: "10s" } } }), {
    addresses: null,
    countries: null,
    rateLimits: { key: { requests: 5, window: "10s" } },
    apiKeys: { partner: HASH },
    jwt: null,
    signedUrls: null,
    cors: null,
    bodyBytes: null,
    responseHeaders: {},
  });
});

test("every part that is wrong is told", () => {
  assert.deepEqual(
    wrong({
      addresses: { allow: ["10.0.0.0/33", "host", "::1/64", "10.0.0.1%eth0"] },
      rateLimits: { client: { requests: 0, window: "5m" }, user: {} },
      apiKeys: { Partner: HASH, other: "secret" },
      signedUrls: { secrets: ["../key"] },
      cors: { origins: ["https://app.test/"] },
      bodyBytes: -1,
      responseHeaders: { "x-frame-options": 'a"b', server: "x" },
    }),
    [
      "functions.api.policies.addresses.allow[0]: has a prefix length that is not a number up to 32",
      "functions.api.policies.addresses.allow[1]: is neither an IP address nor a network",
      "functions.api.policies.addresses.allow[3]: is neither an IP address nor a network",
      "functions.api.policies.apiKeys.other: is not the SHA-256 of a key",
      "functions.api.policies.apiKeys.Partner: is not a name for who has a key",
      "functions.api.policies.bodyBytes: is below the floor of 0",
      "functions.api.policies.cors.origins[0]: is not an origin as browsers write it",
      "functions.api.policies.rateLimits.client.requests: is below the floor of 1",
      "functions.api.policies.rateLimits.client.window: is not a window in which requests are counted",
      "functions.api.policies.rateLimits.user: is not a known key",
      "functions.api.policies.responseHeaders.server: is not a known key",
      "functions.api.policies.responseHeaders.x-frame-options: is not a header's value",
      "functions.api.policies.signedUrls.secrets[0]: names no secret",
    ],
  );
  assert.deepEqual(wrong({ cors: { origins: ["*"], credentials: true } }), [
    "functions.api.policies.cors: allows credentials to every origin",
  ]);
});

test("countries need a database, limits of keys need keys, tokens need an issuer", () => {
  assert.deepEqual(wrong({ countries: { allow: ["DE"] } }), [
    "functions.api.policies.countries: needs clients' countries, which nodes do not know",
  ]);
  assert.ok(policiesOf({ countries: { allow: ["DE"] } }, { geoipDatabase: "countries.mmdb" }));
  assert.deepEqual(wrong({ rateLimits: { key: { requests: 1, window: "1s" } } }), [
    "functions.api.policies.rateLimits.key: counts keys, and the function asks for none",
  ]);
  assert.deepEqual(wrong({ jwt: { issuer: "acounts", audiences: ["api"] } }), [
    "functions.api.policies.jwt.issuer: is not one of edge-fleet:issuers",
  ]);
});

test("routes that the door could not follow are refused", () => {
  const raw = {
    ...legalConfig(),
    functions: { api: { routes: ["/a%2Fb"], policies: { bodyBytes: 1 } } },
  };
  const [problem] = problemsOf(raw);
  assert.equal(problem?.key, "edge-fleet:functions.api.routes");
  assert.match(problem?.remedy ?? "", /encoded slash/);
});

test("an issuer's keys are turned into PEM", () => {
  const { issuers } = parsed({
    issuers: { accounts: { issuer: "https://a.test/", jwks: { keys: [jwk({ kid: "k" })] } } },
  });
  assert.equal(issuers.length, 1);
  const [key] = issuers[0]?.keys ?? [];
  assert.equal(key?.pem, rsa.publicKey.export({ type: "spki", format: "pem" }));
  assert.deepEqual([key?.id, key?.algorithm], ["k", "RS256"]);
});

test("keys that cannot be used, or must not be here, are refused", () => {
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" });
  const keys = [
    rsa.privateKey.export({ format: "jwk" }),
    { kty: "oct", k: "c2VjcmV0" },
    jwk({ alg: "PS256" }),
    p384,
    small,
    jwk({ use: "enc" }),
    jwk({ kid: "a b" }),
    { kty: "RSA", n: "AQAB" },
  ];
  const told = faults((raw) => {
    raw.issuers = { a: { issuer: "a", jwks: { keys } }, b: { issuer: "b" }, c: { issuer: "c d", secret: "s" } };
  });
  assert.deepEqual(
    told.map((text) => text.replace(/: (is no public key): .*/, ": $1")),
    [
      "issuers.a.jwks.keys[0]: is a private key, and the fleet's config is not kept secret",
      "issuers.a.jwks.keys[1]: is a private key, and the fleet's config is not kept secret",
      "issuers.a.jwks.keys[2]: is for another algorithm than RS256 and ES256",
      "issuers.a.jwks.keys[3]: is for another algorithm than RS256 and ES256",
      "issuers.a.jwks.keys[4]: is an RSA key of 1024 bits",
      "issuers.a.jwks.keys[5]: is a key for encryption",
      "issuers.a.jwks.keys[6]: has a kid that cannot be compared",
      "issuers.a.jwks.keys[7]: is no public key",
      "issuers.b: has neither jwks nor secret",
      "issuers.c.issuer: is not the claim iss of tokens",
    ],
  );
});

test("a private key is told by its place, never by its value", () => {
  const keys = [rsa.privateKey.export({ format: "jwk" })];
  const [problem] = problemsOf({ ...legalConfig(), issuers: { a: { issuer: "a", jwks: { keys } } } });
  assert.equal(problem?.value, undefined);
});
