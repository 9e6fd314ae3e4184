import { CURVES, type KeyFacts, type KeyKind, RSA_BITS_MAX, RSA_BITS_MIN } from "../../worker/cryptoPort.ts";
import type { HashName } from "../../worker/hostPort.ts";
import { type Bytes, byteCount, copiedBytes } from "../bytes.ts";
import { jsonParse, plainJson } from "../primordials.ts";
import { asciiBytes, asciiText } from "./base64url.ts";
import { type CryptoKey, type KeyAlgorithm, type KeyParts, newKey, USAGES, type Usage } from "./cryptoKey.ts";
import { dataError, invalidAccess, notSupported, operationError, syntaxError } from "./errors.ts";
import { hostCrypto, pairOf, type Soon } from "./hostCrypto.ts";
import { checkAlg, checkJwk, exportedJwk, type Jwk, type NumberName, numbersOf } from "./jwk.ts";
import type { Algorithm } from "./params.ts";
import type { ImportOptions } from "./secretKeys.ts";

interface Family {
  readonly kty: "RSA" | "EC" | "OKP";
  readonly use: "sig" | "enc";
  readonly public: readonly Usage[];
  readonly private: readonly Usage[];
}

const SIGNATURE = { use: "sig", public: ["verify"], private: ["sign"] } as const;
const AGREEMENT = { use: "enc", public: [], private: ["deriveKey", "deriveBits"] } as const;
const FAMILIES: Readonly<Record<string, Family>> = {
  "RSASSA-PKCS1-v1_5": { kty: "RSA", ...SIGNATURE },
  "RSA-PSS": { kty: "RSA", ...SIGNATURE },
  "RSA-OAEP": { kty: "RSA", use: "enc", public: ["encrypt", "wrapKey"], private: ["decrypt", "unwrapKey"] },
  ECDSA: { kty: "EC", ...SIGNATURE },
  ECDH: { kty: "EC", ...AGREEMENT },
  Ed25519: { kty: "OKP", ...SIGNATURE },
  X25519: { kty: "OKP", ...AGREEMENT },
};
/** What a JSON Web Key has of each family; the last ones make it private. */
const NUMBERS: Readonly<
  Record<Family["kty"], { readonly public: readonly NumberName[]; readonly private: readonly NumberName[] }>
> = {
  RSA: { public: ["n", "e"], private: ["n", "e", "d", "p", "q", "dp", "dq", "qi"] },
  EC: { public: ["x", "y"], private: ["x", "y", "d"] },
  OKP: { public: ["x"], private: ["x", "d"] },
};
const EC_ALGS: Readonly<Record<string, string>> = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };

/** @throws DOMException as the standard says */
export function importPair(data: Bytes | Jwk, options: ImportOptions): Soon<CryptoKey> {
  const { format, algorithm, extractable, usages } = options;
  const { name } = algorithm;
  const family = FAMILIES[name] as Family;
  if (format === "raw" && family.kty === "RSA") throw notSupported(`a key for ${name} is not imported as raw`);
  const isPrivate = format === "pkcs8" || (format === "jwk" && (data as Jwk).d !== undefined);
  const allowed = isPrivate ? family.private : family.public;
  if (usages.some((usage) => !allowed.includes(usage))) {
    const type = isPrivate ? "private" : "public";
    throw syntaxError(`a ${type} key for ${name} is for ${allowed.join(", ") || "nothing but agreements"}`);
  }
  const kind = kindOf(algorithm);
  const bytes = format === "jwk" ? checkedJwk(data as Jwk, isPrivate, options) : (data as Bytes);
  return hostCrypto({ op: "import", format: format as "jwk", kind, isPrivate }, [bytes], {
    failed: () => dataError(`it is no ${isPrivate ? "private" : "public"} key for ${name} in the format ${format}`),
    read(output) {
      const { first: facts, second: der } = pairOf(output);
      const { modulusBits, exponent } = jsonParse(asciiText(facts) as string) as KeyFacts;
      const shown = keyAlgorithm(algorithm, modulusBits, exponent);
      return newKey({
        type: isPrivate ? "private" : "public",
        algorithm: shown,
        bytes: der,
        extractable,
        usages,
        kind,
      });
    },
  });
}

/** @throws DOMException as the standard says */
export function generatePair(
  algorithm: Algorithm,
  extractable: boolean,
  usages: readonly Usage[],
): Soon<CryptoKeyPair> {
  const { name, modulusLength = 0 } = algorithm;
  const family = FAMILIES[name] as Family;
  const allowed = [...family.public, ...family.private];
  if (usages.some((usage) => !allowed.includes(usage)))
    throw syntaxError(`keys for ${name} are for ${allowed.join(", ")}`);
  const kind = kindOf(algorithm);
  const ofPrivate = USAGES.filter((usage) => family.private.includes(usage) && usages.includes(usage));
  const ofPublic = USAGES.filter((usage) => family.public.includes(usage) && usages.includes(usage));
  const exponent = kind === "RSA" ? generatedExponent(algorithm) : 0;
  if (ofPrivate.length === 0) throw syntaxError("the private key needs a usage");
  const rsa = kind === "RSA" ? { modulusBits: modulusLength, exponent } : {};
  const shown = kind === "RSA" ? keyAlgorithm(algorithm, modulusLength, exponent) : keyAlgorithm(algorithm);
  return hostCrypto({ op: "generate", kind, ...rsa }, [], {
    read(output) {
      const { first: spki, second: pkcs8 } = pairOf(output);
      const common = { algorithm: shown, kind };
      return {
        publicKey: newKey({ ...common, type: "public", bytes: spki, extractable: true, usages: ofPublic }),
        privateKey: newKey({ ...common, type: "private", bytes: pkcs8, extractable, usages: ofPrivate }),
      } as CryptoKeyPair;
    },
  });
}

export interface CryptoKeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** @throws DOMException as the standard says */
export function exportOfPair(format: string, key: KeyParts): Soon<Bytes | Jwk> {
  const { name, hash, namedCurve } = key.algorithm;
  const { kty } = FAMILIES[name] as Family;
  const kind = key.kind as KeyKind;
  const isPrivate = key.type === "private";
  if (format === "raw" && kty === "RSA") throw notSupported(`a key for ${name} is not exported as raw`);
  if (format !== "jwk" && isPrivate !== (format === "pkcs8"))
    throw invalidAccess(`a ${key.type} key is not exported as ${format}`);
  if (format !== "jwk" && format !== "raw") return copiedBytes(key.bytes);
  return hostCrypto({ op: "export", format, kind, isPrivate }, [key.bytes], {
    read(output) {
      if (format === "raw") return output;
      const given = jsonParse(asciiText(output) as string) as Jwk;
      const jwk = exportedJwk(kty, key);
      if (kty !== "RSA") jwk.crv = kind;
      for (const number of NUMBERS[kty][isPrivate ? "private" : "public"]) jwk[number] = given[number] as string;
      const alg = algOf(name, hash, namedCurve);
      // A curve says enough.
      if (alg !== undefined && kty !== "EC") jwk.alg = alg;
      return jwk;
    },
  });
}

export function isPairAlgorithm(name: string): boolean {
  return Object.hasOwn(FAMILIES, name);
}

function kindOf({ name, namedCurve }: Algorithm): KeyKind {
  if (name === "Ed25519" || name === "X25519") return name;
  if (namedCurve === undefined) return "RSA";
  const curve = CURVES.find((known) => known === namedCurve);
  if (curve === undefined) throw notSupported(`the curve ${namedCurve}; there are ${CURVES.join(", ")}`);
  return curve;
}

function keyAlgorithm(
  { name, hash, namedCurve }: Algorithm,
  modulusLength?: number,
  publicExponent?: number,
): KeyAlgorithm {
  return {
    name,
    ...(modulusLength !== undefined && { modulusLength }),
    ...(publicExponent !== undefined && { publicExponent }),
    ...(hash !== undefined && { hash }),
    ...(namedCurve !== undefined && { namedCurve }),
  };
}

/** @throws OperationError for what no key is made with here */
function generatedExponent({ publicExponent, modulusLength = 0 }: Algorithm): number {
  const bytes = publicExponent as Bytes;
  let exponent = 0;
  for (let index = 0; index < byteCount(bytes) && exponent < 2 ** 32; index++)
    exponent = exponent * 256 + (bytes[index] as number);
  if (exponent !== 3 && exponent !== 65_537)
    throw operationError("RSA keys are made with the public exponent 65537 or 3");
  if (modulusLength < RSA_BITS_MIN || modulusLength > RSA_BITS_MAX)
    throw operationError(`RSA keys are made with ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits, not ${modulusLength}`);
  return exponent;
}

function checkedJwk(jwk: Jwk, isPrivate: boolean, { algorithm, extractable, usages }: ImportOptions): Bytes {
  const { name, hash, namedCurve } = algorithm;
  const { kty, use } = FAMILIES[name] as Family;
  checkJwk(jwk, { kty, use, extractable, usages });
  if (kty !== "RSA" && jwk.crv !== (namedCurve ?? name))
    throw dataError(`the key's "crv" is not ${namedCurve ?? name}`);
  const alg = algOf(name, hash, namedCurve);
  if (alg !== undefined) checkAlg(jwk, name === "Ed25519" ? [alg, "EdDSA"] : [alg]);
  const names = NUMBERS[kty][isPrivate ? "private" : "public"];
  return asciiBytes(plainJson(numbersOf(jwk, kty, names)));
}

/** The name that JSON Web Algorithms have for it. */
function algOf(name: string, hash: HashName | undefined, namedCurve: string | undefined): string | undefined {
  const bits = hash?.slice("SHA-".length);
  switch (name) {
    case "RSASSA-PKCS1-v1_5":
      return `RS${bits}`;
    case "RSA-PSS":
      return `PS${bits}`;
    case "RSA-OAEP":
      return bits === "1" ? name : `${name}-${bits}`;
    case "ECDSA":
      return EC_ALGS[namedCurve as string];
    case "Ed25519":
      return name;
    default:
      return undefined;
  }
}
