import type { HashName } from "../../worker/hostPort.ts";
import { type Bytes, byteCount, copiedBytes, firstBytes, newBytes } from "../bytes.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { type CryptoKey, type KeyParts, newKey, type Usage } from "./cryptoKey.ts";
import { dataError, notSupported, operationError, syntaxError } from "./errors.ts";
import { checkAlg, checkJwk, exportedJwk, type Jwk } from "./jwk.ts";
import type { Algorithm } from "./params.ts";
import { fillRandom } from "./random.ts";

/** What a key is imported with. */
export interface ImportOptions {
  readonly format: string;
  readonly algorithm: Algorithm;
  readonly extractable: boolean;
  readonly usages: readonly Usage[];
}

interface SecretFamily {
  readonly usages: readonly Usage[];
  readonly use?: "sig" | "enc";
}

const CIPHER: SecretFamily = { usages: ["encrypt", "decrypt", "wrapKey", "unwrapKey"], use: "enc" };
const DERIVATION: SecretFamily = { usages: ["deriveKey", "deriveBits"] };
const FAMILIES: Readonly<Record<string, SecretFamily>> = {
  HMAC: { usages: ["sign", "verify"], use: "sig" },
  "AES-CBC": CIPHER,
  "AES-CTR": CIPHER,
  "AES-GCM": CIPHER,
  "AES-KW": { usages: ["wrapKey", "unwrapKey"], use: "enc" },
  HKDF: DERIVATION,
  PBKDF2: DERIVATION,
};
const AES_BITS: readonly number[] = [128, 192, 256];
/** Bits of a hash's block: the length of an HMAC key that names none. */
const BLOCK_BITS: Readonly<Record<HashName, number>> = {
  "SHA-1": 512,
  "SHA-256": 512,
  "SHA-384": 1_024,
  "SHA-512": 1_024,
};
const HMAC_BITS_MAX = 8 * 8 * 1024;

export function isSecretAlgorithm(name: string): boolean {
  return Object.hasOwn(FAMILIES, name);
}

/** @throws DOMException as the standard says */
export function importSecret(data: Bytes | Jwk, options: ImportOptions): CryptoKey {
  const { algorithm, format, extractable } = options;
  const { name } = algorithm;
  const isDerivation = FAMILIES[name] === DERIVATION;
  if (format !== "raw" && (format !== "jwk" || isDerivation))
    throw notSupported(`a key for ${name} is not imported as ${format}`);
  const usages = checkedUsages(name, options.usages);
  if (isDerivation && extractable) throw syntaxError(`a key for ${name} cannot be extractable`);
  const secret = format === "jwk" ? jwkSecret(data as Jwk, { ...options, usages }) : (data as Bytes);
  if (isDerivation) return newSecret({ name }, secret, false, usages);
  if (name === "HMAC") return importHmac(secret, algorithm, extractable, usages);
  const length = byteCount(secret) * 8;
  if (!AES_BITS.includes(length)) throw dataError(`an AES key has ${AES_BITS.join(", ")} bits, not ${length}`);
  if (format === "jwk") checkAlg(data as Jwk, [`A${length}${name.slice("AES-".length)}`]);
  return newSecret({ name, length }, secret, extractable, usages);
}

/** @throws DOMException as the standard says */
export function generateSecret(algorithm: Algorithm, extractable: boolean, given: readonly Usage[]): CryptoKey {
  const { name } = algorithm;
  const usages = checkedUsages(name, given);
  if (usages.length === 0) throw syntaxError("a secret key needs a usage");
  if (algorithm.length === 0) throw operationError("a key needs a length");
  const length = keyLength(algorithm) as number;
  if (length > HMAC_BITS_MAX) throw operationError(`a key has at most ${HMAC_BITS_MAX} bits`);
  const secret = newBytes(Math.ceil(length / 8));
  fillRandom(secret);
  if (name !== "HMAC") return newSecret({ name, length }, secret, extractable, usages);
  return newSecret(
    { name, hash: algorithm.hash as HashName, length },
    clearedTail(secret, length),
    extractable,
    usages,
  );
}

/** Bits that a key of this algorithm has; null where it may have any number. @throws DOMException, TypeError */
export function keyLength({ name, length, hash }: Algorithm): number | null {
  if (FAMILIES[name] === DERIVATION) return null;
  if (name === "HMAC") {
    if (length === 0) throw new TypeError("The length of an HMAC key must not be 0");
    return length ?? BLOCK_BITS[hash as HashName];
  }
  if (!AES_BITS.includes(length as number))
    throw operationError(`an AES key has ${AES_BITS.join(", ")} bits, not ${length}`);
  return length as number;
}

/** @throws DOMException as the standard says */
export function exportSecret(format: string, key: KeyParts): Bytes | Jwk {
  const { name, hash, length } = key.algorithm;
  if (format === "raw") return copiedBytes(key.bytes);
  if (format !== "jwk") throw notSupported(`a key for ${name} is not exported as ${format}`);
  const jwk = exportedJwk("oct", key);
  jwk.k = toBase64url(key.bytes);
  jwk.alg = name === "HMAC" ? `HS${hash?.slice("SHA-".length)}` : `A${length}${name.slice("AES-".length)}`;
  return jwk;
}

function jwkSecret(jwk: Jwk, { algorithm, extractable, usages }: ImportOptions): Bytes {
  const { name, hash } = algorithm;
  checkJwk(jwk, { kty: "oct", use: FAMILIES[name]?.use as "sig", extractable, usages });
  if (name === "HMAC") checkAlg(jwk, [`HS${hash?.slice("SHA-".length)}`]);
  if (jwk.k === undefined) throw dataError('the key has no "k"');
  return fromBase64url(jwk.k);
}

/** An HMAC key may be given a length that drops bits of its last byte. */
function importHmac(
  secret: Bytes,
  { name, hash, length }: Algorithm,
  extractable: boolean,
  usages: readonly Usage[],
): CryptoKey {
  const bits = byteCount(secret) * 8;
  if (bits === 0) throw dataError("an HMAC key must not be empty");
  if (bits > HMAC_BITS_MAX) throw notSupported(`an HMAC key has at most ${HMAC_BITS_MAX} bits, not ${bits}`);
  const used = length ?? bits;
  if (used > bits || used <= bits - 8) throw dataError("the length must be that of the key, less up to 7 bits");
  return newSecret({ name, hash: hash as HashName, length: used }, clearedTail(secret, used), extractable, usages);
}

/** The first bits; those of the last byte that are not among them are 0. */
export function clearedTail(bytes: Bytes, bits: number): Bytes {
  const size = Math.ceil(bits / 8);
  const cut = firstBytes(bytes, size);
  const unused = size * 8 - bits;
  if (unused > 0) cut[size - 1] = (cut[size - 1] as number) & (0xff << unused);
  return cut;
}

function checkedUsages(name: string, usages: readonly Usage[]): readonly Usage[] {
  const allowed = (FAMILIES[name] as SecretFamily).usages;
  if (usages.some((usage) => !allowed.includes(usage)))
    throw syntaxError(`a key for ${name} is for ${allowed.join(", ")}`);
  return usages;
}

function newSecret(
  algorithm: KeyParts["algorithm"],
  bytes: Bytes,
  extractable: boolean,
  usages: readonly Usage[],
): CryptoKey {
  return newKey({ type: "secret", algorithm, bytes, extractable, usages });
}
