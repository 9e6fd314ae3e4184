import assert from "node:assert/strict";
import { test } from "node:test";
import { functionOf, releasedOf } from "../release/fixtures.ts";
import { functionVersion, validateRelease } from "../release/manifest.ts";
import { RELEASE_SCHEMA } from "../release/types.ts";
import { NO_POLICIES, policyId } from "./policies.ts";
import { validatePolicies } from "./validatePolicies.ts";

const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const CORS = {
  origins: ["https://a.test"],
  methods: ["GET"],
  headers: [],
  exposeHeaders: [],
  credentials: false,
  maxAgeSeconds: 0,
};

function releaseOf(policies: unknown) {
  const { manifest } = functionOf("f", "");
  const content = policies === undefined ? manifest : { ...manifest, policies };
  const functions = releasedOf([
    { ...content, version: functionVersion(content as typeof manifest) } as typeof manifest,
  ]);
  const createdAt = "2026-01-01T00:00:00Z";
  return { schema: RELEASE_SCHEMA, release: 1, createdAt, createdBy: "test", reason: "test", commit: null, functions };
}

test("a release says what is asked, or nothing at all: then its functions have the versions that they had", () => {
  const without = validateRelease(releaseOf(undefined));
  assert.equal(without.functions[0]?.manifest.version, functionOf("f", "").manifest.version);
  assert.ok(validateRelease(releaseOf({ ...NO_POLICIES, bodyBytes: 1 })));
});

test("what is asked of all kinds is taken", () => {
  const all = {
    addresses: { allow: ["2001:db8::/32"], deny: ["192.0.2.1"] },
    countries: { allow: [], deny: ["XX"] },
    rateLimits: { client: { requests: 1, window: "1s" } },
    apiKeys: { a: HASH },
    jwt: { issuer: "a", audiences: ["urn:x"] },
    signedUrls: { secrets: ["a", "b"] },
    cors: CORS,
    bodyBytes: 0,
    responseHeaders: { "x-frame-options": "DENY" },
  };
  assert.equal(validatePolicies(all, "p"), all);
});

test("everything else is refused, naming the key", () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ unknown: 1 }, /p\.unknown/],
    [{ addresses: { allow: [], deny: [] } }, /p\.addresses/],
    [{ addresses: { allow: ["10.0.0.0/8\nx"], deny: [] } }, /p\.addresses\.allow\[0\]/],
    [{ addresses: { allow: ["10.0.0.1"], deny: ["10.0.0.1"] } }, /each entry once/],
    [{ countries: { allow: ["de"], deny: [] } }, /p\.countries\.allow\[0\]/],
    [{ rateLimits: { everyone: { requests: 1, window: "1s" } } }, /p\.rateLimits/],
    [{ rateLimits: { client: { requests: 1, window: "2s" } } }, /p\.rateLimits\.client\.window/],
    [{ apiKeys: {} }, /p\.apiKeys/],
    [{ apiKeys: { a: HASH, b: HASH } }, /each key once/],
    [{ apiKeys: { a: HASH.toUpperCase() } }, /p\.apiKeys\.a/],
    [{ jwt: { issuer: "a b", audiences: ["x"] } }, /p\.jwt\.issuer/],
    [{ jwt: { issuer: "a", audiences: [] } }, /p\.jwt\.audiences/],
    [{ signedUrls: { secrets: ["../x"] } }, /p\.signedUrls\.secrets\[0\]/],
    [{ signedUrls: { secrets: ["a", "b", "c"] } }, /at most 2/],
    [{ cors: { ...CORS, origins: ["*", "https://a.test"] } }, /p\.cors\.origins/],
    [{ cors: { ...CORS, origins: ["*"], credentials: true } }, /p\.cors\.credentials/],
    [{ cors: { ...CORS, headers: ["x y"] } }, /p\.cors\.headers\[0\]/],
    [{ bodyBytes: -1 }, /p\.bodyBytes/],
    [{ responseHeaders: { server: "x" } }, /p\.responseHeaders/],
    [{ responseHeaders: { "referrer-policy": 'a"b' } }, /p\.responseHeaders\.referrer-policy/],
    [{ responseHeaders: { "referrer-policy": "a\r\nset-cookie: x" } }, /p\.responseHeaders\.referrer-policy/],
  ];
  for (const [change, told] of wrong) {
    assert.throws(() => validatePolicies({ ...NO_POLICIES, ...change }, "p"), told, JSON.stringify(change));
  }
});

test("an id is of one function and of what it asks", () => {
  const some = { ...NO_POLICIES, bodyBytes: 1 };
  assert.equal(policyId("a", some), policyId("a", { ...some }));
  assert.notEqual(policyId("a", some), policyId("b", some));
  assert.notEqual(policyId("a", some), policyId("a", { ...some, bodyBytes: 2 }));
});
