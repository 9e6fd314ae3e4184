import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import type { KeyKind } from "../../cryptoPort.ts";
import { saysKind } from "./keyIdentifiers.ts";
import { importKey } from "./keys.ts";

const PAIRS: Readonly<Record<KeyKind, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>> = {
  RSA: generateKeyPairSync("rsa", { modulusLength: 1_024 }),
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }),
  Ed25519: generateKeyPairSync("ed25519"),
  X25519: generateKeyPairSync("x25519"),
};
const KINDS = Object.keys(PAIRS) as KeyKind[];
const der = (kind: KeyKind) => ({
  pkcs8: PAIRS[kind].privateKey.export({ format: "der", type: "pkcs8" }),
  spki: PAIRS[kind].publicKey.export({ format: "der", type: "spki" }),
});

const element = (tag: number, ...content: readonly Buffer[]) => {
  const bytes = Buffer.concat(content);
  const length = bytes.length < 0x80 ? [bytes.length] : [0x81, bytes.length];
  return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
};
const EC = Buffer.from("06072a8648ce3d0201", "hex");
const P256 = Buffer.from("06082a8648ce3d030107", "hex");
const P521 = Buffer.from("06052b81040023", "hex");
/** A private key without its public half, of a curve that it names outside and, where given, inside. */
const privateKey = (outside: Buffer, inside: readonly Buffer[], tail: readonly Buffer[] = []) =>
  element(
    0x30,
    element(2, Buffer.of(0)),
    element(0x30, EC, outside),
    element(4, element(0x30, element(2, Buffer.of(1)), element(4, Buffer.alloc(32, 5)), ...inside, ...tail)),
  );

describe("what a key says of its kind", () => {
  it("is true of the keys that OpenSSL writes, and of no other kind", () => {
    for (const kind of KINDS) {
      for (const other of KINDS) {
        const { pkcs8, spki } = der(other);
        assert.deepEqual(
          [saysKind(kind, "pkcs8", pkcs8), saysKind(kind, "spki", spki)],
          [kind === other, kind === other],
        );
      }
    }
  });

  it("is looked for where the curve is named again, which counts more", () => {
    const again = privateKey(P256, [element(0xa0, P256)]);
    assert.ok(saysKind("P-256", "pkcs8", again) && saysKind("P-256", "pkcs8", privateKey(P256, [])));
    assert.ok(saysKind("P-256", "pkcs8", importKey({ format: "pkcs8", kind: "P-256", isPrivate: true }, again).der));
    const other = privateKey(P256, [element(0xa0, P521)]);
    assert.equal(
      createPrivateKey({ key: other, format: "der", type: "pkcs8" }).asymmetricKeyDetails?.namedCurve,
      "secp521r1",
    );
    assert.equal(saysKind("P-256", "pkcs8", other), false);
    assert.throws(() => importKey({ format: "pkcs8", kind: "P-256", isPrivate: true }, other), {
      message: "it is no key for P-256",
    });
  });

  it("is nothing where lengths are not said, or bytes are missing or changed", () => {
    const { pkcs8 } = der("P-256");
    const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), pkcs8.subarray(2), Buffer.alloc(2)]);
    assert.equal(saysKind("P-256", "pkcs8", indefinite), false);
    for (let length = 0; length < pkcs8.length; length++) saysKind("P-256", "pkcs8", pkcs8.subarray(0, length));
    for (let at = 0; at < 36; at++) {
      const changed = Buffer.from(pkcs8.with(at, (pkcs8[at] ?? 0) ^ 0xff));
      saysKind("P-256", "pkcs8", changed);
    }
    assert.equal(saysKind("P-256", "pkcs8", pkcs8.subarray(0, 20)), false);
    assert.equal(saysKind("P-256", "spki", pkcs8), false);
  });
});
