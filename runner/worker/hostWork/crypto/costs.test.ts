import assert from "node:assert/strict";
import { test } from "node:test";
import { type CryptoRequest, isQuick } from "../../cryptoPort.ts";
import { costMs } from "./costs.ts";
import { importKey } from "./keys.ts";

const imported = (kind: "P-256" | "P-384" | "P-521", format: "jwk" | "pkcs8", isPrivate = true) =>
  ({ op: "import", kind, format, isPrivate, sizes: [] }) satisfies CryptoRequest;

test("private keys of the long curves are imported as jobs, and paid for as what else is done with them", () => {
  const publicMs = costMs(imported("P-384", "jwk", false), 200);
  for (const kind of ["P-384", "P-521"] as const) {
    assert.ok(isQuick(imported(kind, "jwk", false), 200));
    for (const format of ["jwk", "pkcs8"] as const) {
      assert.ok(!isQuick(imported(kind, format), 200));
      assert.ok(costMs(imported(kind, format), 200) > 3 * publicMs);
    }
  }
  assert.ok(isQuick(imported("P-256", "jwk"), 200));
  assert.equal(costMs(imported("P-256", "jwk"), 200), publicMs);
});

test("a JWK of another curve than it is paid for is not read", () => {
  const key = Buffer.from(JSON.stringify({ kty: "EC", crv: "P-521", d: "AA", x: "AA", y: "AA" }));
  assert.throws(() => importKey(imported("P-256", "jwk"), key), { message: "it is no key for P-256" });
});
