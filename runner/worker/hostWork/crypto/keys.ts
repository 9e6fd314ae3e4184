import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from "node:crypto";
import { type ImportFormat, type KeyFacts, type KeyKind, RSA_BITS_MAX } from "../../cryptoPort.ts";
import { saysKind } from "./keyIdentifiers.ts";

/** What OpenSSL calls the keys of each kind: its type and, where it has several, its curve. */
const NODE_KINDS: Readonly<Record<KeyKind, { readonly type: string; readonly curve?: string }>> = {
  RSA: { type: "rsa" },
  "P-256": { type: "ec", curve: "prime256v1" },
  "P-384": { type: "ec", curve: "secp384r1" },
  "P-521": { type: "ec", curve: "secp521r1" },
  Ed25519: { type: "ed25519" },
  X25519: { type: "x25519" },
};
/** Longer exponents make public keys as slow as private ones. */
const EXPONENT_MAX = 2n ** 32n;
/** Keys of one isolate that are kept in the form in which they are used. */
const KEPT_MAX = 32;

/** Reads keys in the form in which the isolates hold them, and keeps those that were used last. */
export class KeyRing {
  readonly #keys = new Map<string, KeyObject>();

  /** @throws Error when it is no such key */
  key(kind: KeyKind, isPrivate: boolean, der: Buffer): KeyObject {
    const name = `${kind} ${isPrivate} ${der.toString("latin1")}`;
    const key = this.#keys.get(name) ?? parsed(kind, isPrivate ? "pkcs8" : "spki", isPrivate, der);
    // The newest is last.
    this.#keys.delete(name);
    this.#keys.set(name, key);
    if (this.#keys.size > KEPT_MAX) this.#keys.delete(this.#keys.keys().next().value as string);
    return key;
  }
}

/** A key of any format in the one form in which isolates hold it. @throws Error when it is none, or is not supported */
export function importKey(
  { format, kind, isPrivate }: { format: ImportFormat; kind: KeyKind; isPrivate: boolean },
  bytes: Buffer,
): { facts: KeyFacts; der: Buffer } {
  const key = parsed(kind, format, isPrivate, bytes);
  if (kind !== "RSA") return { facts: {}, der: derOf(key) };
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  // Made again of its numbers: whatever else was in it is gone, and none of them is longer than the modulus.
  const numbers = key.export({ format: "jwk" });
  const longest = Math.ceil((modulusLength * 4) / 24) + 2;
  for (const name of ["d", "p", "q", "dp", "dq", "qi"] as const) {
    if ((numbers[name]?.length ?? 0) > longest) throw new Error(`the key's ${name} is longer than its modulus`);
  }
  const plain = isPrivate
    ? createPrivateKey({ key: numbers, format: "jwk" })
    : createPublicKey({ key: numbers, format: "jwk" });
  return { facts: { modulusBits: modulusLength, exponent: Number(publicExponent) }, der: derOf(plain) };
}

/** A key as others read it. */
export function exportKey(format: "raw" | "jwk", key: KeyObject): Buffer {
  return format === "jwk"
    ? Buffer.from(JSON.stringify(key.export({ format })))
    : (key.export({ format: "raw-public", type: "uncompressed" } as never) as unknown as Buffer);
}

export function derOf(key: KeyObject): Buffer {
  return key.type === "private"
    ? key.export({ format: "der", type: "pkcs8" })
    : key.export({ format: "der", type: "spki" });
}

function parsed(kind: KeyKind, format: ImportFormat, isPrivate: boolean, bytes: Buffer): KeyObject {
  const { type, curve } = NODE_KINDS[kind];
  const key = read(kind, format, isPrivate, bytes);
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType !== type || details?.namedCurve !== curve) throw new Error(`it is no key for ${kind}`);
  if (
    kind === "RSA" &&
    !((details?.modulusLength ?? 0) <= RSA_BITS_MAX && (details?.publicExponent ?? 0n) <= EXPONENT_MAX)
  )
    throw new Error(`RSA keys have a modulus of at most ${RSA_BITS_MAX} bits and a public exponent of at most 32`);
  return key;
}

function read(kind: KeyKind, format: ImportFormat, isPrivate: boolean, bytes: Buffer): KeyObject {
  switch (format) {
    case "jwk": {
      const key = JSON.parse(bytes.toString()) as webcrypto.JsonWebKey;
      // Before it is read: it is paid for as a key of its kind.
      if (kind === "RSA" ? key.kty !== "RSA" : key.crv !== kind) throw new Error(`it is no key for ${kind}`);
      return isPrivate ? createPrivateKey({ key, format }) : createPublicKey({ key, format });
    }
    case "pkcs8":
      if (!saysKind(kind, format, bytes)) throw new Error(`it is no key for ${kind}`);
      return createPrivateKey({ key: bytes, format: "der", type: format });
    case "spki":
      if (!saysKind(kind, format, bytes)) throw new Error(`it is no key for ${kind}`);
      return createPublicKey({ key: bytes, format: "der", type: format });
    case "raw": {
      const { type, curve } = NODE_KINDS[kind];
      const raw = { key: bytes, format: "raw-public", asymmetricKeyType: type, ...(curve && { namedCurve: curve }) };
      // The types do not know the format yet.
      return createPublicKey(raw as never);
    }
  }
}
