import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { it } from "node:test";
import { derOf, importKey, KeyRing } from "./keys.ts";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
const NUMBERS = ["n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;
/** rsaEncryption, as PKCS#8 names it. */
const RSA = Buffer.from("300d06092a864886f70d0101010500", "hex");

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 255]), content]);
}

function integer(bytes: Buffer): Buffer {
  return tagged(2, Buffer.concat([Buffer.alloc(1), bytes]));
}

/** The key as PKCS#8, with other numbers in it: Node makes none of these of a JWK. */
function pkcs8(changed: Readonly<Record<string, Buffer>>): Buffer {
  const jwk = privateKey.export({ format: "jwk" });
  const numbers = NUMBERS.map((name) => integer(changed[name] ?? Buffer.from(jwk[name] as string, "base64url")));
  const version = Buffer.from("020100", "hex");
  return tagged(0x30, Buffer.concat([version, RSA, tagged(4, tagged(0x30, Buffer.concat([version, ...numbers])))]));
}

it("reads a private RSA key as it was imported", () => {
  const { der } = importKey({ format: "pkcs8", kind: "RSA", isPrivate: true }, pkcs8({}));
  assert.ok(new KeyRing().key("RSA", true, der).equals(privateKey));
  assert.deepEqual(der, derOf(privateKey));
});

it("takes no private RSA key whose numbers are longer than its modulus, whichever way it comes: work with it takes as long as they are", () => {
  for (const name of ["d", "p", "q", "dp", "dq", "qi"]) {
    const long = pkcs8({ [name]: Buffer.alloc(129, 0xff) });
    assert.throws(() => new KeyRing().key("RSA", true, long), Error, name);
    assert.throws(() => importKey({ format: "pkcs8", kind: "RSA", isPrivate: true }, long), Error, name);
    // One that is as long is read: what is refused is the length.
    new KeyRing().key("RSA", true, pkcs8({ [name]: Buffer.alloc(128, 0xff) }));
  }
});
