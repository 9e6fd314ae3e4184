import type { HashName } from "./hostPort.ts";

/** Cryptographic work as it crosses an isolate's border; both sides import this file. */

export const CURVES = ["P-256", "P-384", "P-521"] as const;
export type CurveName = (typeof CURVES)[number];
/** Families of asymmetric keys. */
export type KeyKind = "RSA" | CurveName | "Ed25519" | "X25519";

/** Largest RSA modulus, bits. */
export const RSA_BITS_MAX = 4_096;
/** Smallest RSA modulus that is generated, bits. */
export const RSA_BITS_MIN = 1_024;
/** A key as it is imported, bytes: twice what the largest needs as a JWK. */
export const KEY_BYTES_MAX = 8 * 1024;
/** Output of one HKDF: RFC 5869 grants 255 times the hash. */
export const HKDF_BLOCKS_MAX = 255;

/** How something is signed. */
export type Scheme =
  | { readonly scheme: "RSASSA-PKCS1-v1_5"; readonly hash: HashName }
  | { readonly scheme: "RSA-PSS"; readonly hash: HashName; readonly saltBytes: number }
  | { readonly scheme: "ECDSA"; readonly hash: HashName }
  | { readonly scheme: "Ed25519" };

/** How something is encrypted. */
export type Cipher =
  | { readonly cipher: "AES-CBC" | "AES-KW" }
  | { readonly cipher: "AES-CTR"; readonly counterBits: number }
  | { readonly cipher: "AES-GCM"; readonly tagBits: number }
  | { readonly cipher: "RSA-OAEP"; readonly hash: HashName };

/**
 * What is asked of the host. The data come beside it, one part behind the other; private keys are PKCS#8, public ones
 * SubjectPublicKeyInfo, all other keys their bytes.
 */
export type CryptoRequest = {
  /** Length of every part but the last, bytes. */
  readonly sizes: readonly number[];
} & (
  | { readonly op: "digest"; readonly hash: HashName }
  /** Parts: key, data. */
  | { readonly op: "hmac"; readonly hash: HashName }
  /** Parts: private key, data. */
  | ({ readonly op: "sign"; readonly kind: KeyKind } & Scheme)
  /** Parts: public key, signature, data. The output is one byte, 1 where the signature is right. */
  | ({ readonly op: "verify"; readonly kind: KeyKind } & Scheme)
  /** Parts: key, initial vector or counter or label, additional data, data. */
  | ({ readonly op: "encrypt" | "decrypt" } & Cipher)
  /** Parts: private key, public key. */
  | { readonly op: "agree"; readonly kind: KeyKind }
  /** Parts: key, salt, info. */
  | { readonly op: "hkdf"; readonly hash: HashName; readonly bytes: number }
  /** Parts: password, salt. */
  | { readonly op: "pbkdf2"; readonly hash: HashName; readonly iterations: number; readonly bytes: number }
  /** The output is a pair: public key, private key. */
  | { readonly op: "generate"; readonly kind: KeyKind; readonly modulusBits?: number; readonly exponent?: number }
  /** Part: the key in its format. The output is a pair: KeyFacts in JSON, the key. */
  | { readonly op: "import"; readonly format: ImportFormat; readonly kind: KeyKind; readonly isPrivate: boolean }
  /** Part: the key. */
  | { readonly op: "export"; readonly format: "raw" | "jwk"; readonly kind: KeyKind; readonly isPrivate: boolean }
);

export type ImportFormat = "raw" | "spki" | "pkcs8" | "jwk";

/** What an RSA key says of itself. */
export interface KeyFacts {
  readonly modulusBits?: number;
  readonly exponent?: number;
}

/** Input of work that an isolate may wait for, bytes; more is a job. */
export const COMPUTE_BYTES_MAX = 64 * 1024;
const SLOW_KINDS: readonly string[] = ["P-384", "P-521"];

/**
 * Work so short that an isolate waits for it, some tenths of a millisecond at most; anything else is a job. RSA is quick
 * with public keys alone.
 */
export function isQuick(request: CryptoRequest, inputBytes: number): boolean {
  if (inputBytes > COMPUTE_BYTES_MAX) return false;
  switch (request.op) {
    case "pbkdf2":
      return false;
    case "decrypt":
      return request.cipher !== "RSA-OAEP";
    case "import":
      // A private key's public half is checked, or made where the key comes without it.
      return !request.isPrivate || !SLOW_KINDS.includes(request.kind);
    case "sign":
    case "generate":
      return request.kind !== "RSA" && !SLOW_KINDS.includes(request.kind);
    case "verify":
    case "agree":
      return !SLOW_KINDS.includes(request.kind);
    default:
      return true;
  }
}

/** Bytes of the number that says how long the first of two outputs is; least significant byte first. */
export const PAIR_HEAD_BYTES = 4;

/**
 * Does quick work while the isolate waits.
 *
 * @param text a CryptoRequest in JSON
 * @returns the output; a text when it cannot be done; or, when the request would be over its limit by it, the CPU time that
 * it would have used, ms.
 */
export type HostCompute = (call: number, text: string, input: ArrayBuffer) => ArrayBuffer | string | number;
