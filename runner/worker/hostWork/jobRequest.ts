import {
  type CryptoRequest,
  CURVES,
  HKDF_BLOCKS_MAX,
  KEY_BYTES_MAX,
  RSA_BITS_MAX,
  RSA_BITS_MIN,
} from "../cryptoPort.ts";
import { DERIVATION_ITERATIONS_MAX, DERIVED_BYTES_MAX, HASH_BYTES, type JobRequest } from "../hostPort.ts";
import { isCodec } from "./codec.ts";
import { isHash } from "./hashes.ts";

const KINDS: readonly unknown[] = ["RSA", "Ed25519", "X25519", ...CURVES];
/** Characters of a request, many times what any has: keys and data come beside it. */
const REQUEST_CHARS_MAX = 1_024;
/** Exponents that RSA keys are made with. */
const EXPONENTS: readonly unknown[] = [3, 65_537];
const PARTS = {
  digest: 1,
  hmac: 2,
  sign: 2,
  verify: 3,
  encrypt: 4,
  decrypt: 4,
  agree: 2,
  hkdf: 3,
  pbkdf2: 2,
  generate: 1,
  import: 1,
  export: 1,
} as const;

/** An isolate can send anything: what is no job is undefined. @param inputBytes size of what came with it. */
export function parseJob(text: string, inputBytes: number): JobRequest | undefined {
  if (text.length > REQUEST_CHARS_MAX) return undefined;
  let job: JobRequest;
  try {
    job = JSON.parse(text) as JobRequest;
  } catch {
    return undefined;
  }
  if (typeof job !== "object" || job === null) return undefined;
  if (job.op !== "codec") return isCrypto(job, inputBytes) ? job : undefined;
  return isCodec(job.mode, job.format) && isCount(job.codec, Number.MAX_SAFE_INTEGER) ? job : undefined;
}

function isCrypto(request: CryptoRequest, inputBytes: number): boolean {
  const { op, sizes } = request;
  if (typeof op !== "string" || !Object.hasOwn(PARTS, op) || !Array.isArray(sizes)) return false;
  if (sizes.length !== PARTS[op] - 1 || !sizes.every((size) => isCount(size, inputBytes))) return false;
  if (sizes.reduce((sum, size) => sum + size, 0) > inputBytes) return false;
  switch (request.op) {
    case "digest":
    case "hmac":
      return isHash(request.hash);
    case "sign":
    case "verify":
      return isKind(request.kind) && (request.scheme === "Ed25519" || isHash(request.hash)) && isScheme(request);
    case "encrypt":
    case "decrypt":
      return isCipher(request);
    case "agree":
      return isKind(request.kind);
    case "hkdf":
      return isHash(request.hash) && isCount(request.bytes, HKDF_BLOCKS_MAX * HASH_BYTES[request.hash]);
    case "pbkdf2": {
      const { hash, iterations, bytes } = request;
      if (!isHash(hash) || !isCount(bytes, DERIVED_BYTES_MAX) || bytes === 0) return false;
      const blocks = Math.ceil(bytes / HASH_BYTES[hash]);
      return isCount(iterations * blocks, DERIVATION_ITERATIONS_MAX) && iterations > 0;
    }
    case "generate": {
      const { kind, modulusBits = 0, exponent } = request;
      if (kind !== "RSA") return isKind(kind);
      return isCount(modulusBits, RSA_BITS_MAX) && modulusBits >= RSA_BITS_MIN && EXPONENTS.includes(exponent);
    }
    case "import":
      return (
        isKind(request.kind) && inputBytes <= KEY_BYTES_MAX && ["raw", "spki", "pkcs8", "jwk"].includes(request.format)
      );
    case "export":
      return isKind(request.kind) && ["raw", "jwk"].includes(request.format);
  }
}

function isScheme(request: Extract<CryptoRequest, { op: "sign" | "verify" }>): boolean {
  switch (request.scheme) {
    case "RSA-PSS":
      return isCount(request.saltBytes, RSA_BITS_MAX / 8);
    case "RSASSA-PKCS1-v1_5":
    case "ECDSA":
    case "Ed25519":
      return true;
    default:
      return false;
  }
}

function isCipher(request: Extract<CryptoRequest, { op: "encrypt" | "decrypt" }>): boolean {
  switch (request.cipher) {
    case "AES-CBC":
    case "AES-KW":
      return true;
    case "AES-CTR":
      return isCount(request.counterBits, 128) && request.counterBits > 0;
    case "AES-GCM":
      return isCount(request.tagBits, 128) && request.tagBits >= 32 && request.tagBits % 8 === 0;
    case "RSA-OAEP":
      return isHash(request.hash);
    default:
      return false;
  }
}

function isKind(kind: unknown): boolean {
  return KINDS.includes(kind);
}

function isCount(value: unknown, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
