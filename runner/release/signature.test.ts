import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { readReleaseKeys, readSigner, requireSignature, signed } from "./signature.ts";

const PEM = { type: "spki", format: "pem" } as const;
const old = generateKeyPairSync("ed25519");
const fresh = generateKeyPairSync("ed25519");
const value = { generation: 4, release: 2, sha256: "ab" };
const where = "current";
const refused = { code: "ERR_RELEASE_SIGNATURE" };

test("what one of the keys has signed is taken, in whatever order its keys are written", () => {
  const entry = signed(value, old.privateKey);
  requireSignature(entry, { keys: [fresh.publicKey, old.publicKey], where });
  const { signature, sha256, release, generation } = entry;
  requireSignature({ signature, sha256, release, generation } as object, { keys: [old.publicKey], where });
});

test("what is unsigned, changed or signed by another is refused while there are keys", () => {
  const keys = [fresh.publicKey];
  assert.throws(() => requireSignature(signed(value, null), { keys, where }), refused);
  assert.throws(() => requireSignature(signed(value, old.privateKey), { keys, where }), refused);
  const entry = signed(value, fresh.privateKey);
  for (const change of [{ generation: 5 }, { release: 3 }, { sha256: "cd" }, { extra: 1 }]) {
    assert.throws(() => requireSignature({ ...entry, ...change }, { keys, where }), refused);
  }
  requireSignature(signed(value, null), { keys: [], where });
});

test("keys of other kinds are refused, naming where they are and the remedy", () => {
  const pem = String(old.publicKey.export(PEM));
  assert.equal(readReleaseKeys(`${pem}\n${pem}`, "release.pub").length, 2);
  const other = String(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export(PEM));
  assert.throws(() => readReleaseKeys(pem + other, "release.pub"), /release\.pub is a key for ec: .*ed25519/);
  assert.throws(() => readReleaseKeys("", "release.pub"), /release\.pub has no public key in PEM/);
  assert.throws(() => readSigner(pem, "release.key"), /release\.key is no private key in PEM/);
});
