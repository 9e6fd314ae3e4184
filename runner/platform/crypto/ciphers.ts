import type { KeyKind } from "../../worker/cryptoPort.ts";
import { HKDF_BLOCKS_MAX } from "../../worker/cryptoPort.ts";
import { DERIVATION_ITERATIONS_MAX, DERIVED_BYTES_MAX, HASH_BYTES, type HashName } from "../../worker/hostPort.ts";
import { type Bytes, byteCount, newBytes } from "../bytes.ts";
import type { KeyParts } from "./cryptoKey.ts";
import { invalidAccess, notSupported, operationError } from "./errors.ts";
import { hostCrypto, type Soon } from "./hostCrypto.ts";
import type { Algorithm } from "./params.ts";
import { clearedTail } from "./secretKeys.ts";

/** What the algorithms do with a key that fits them; each gives its output to `read`. */

const NOTHING = newBytes(0);
const TAG_BITS: readonly number[] = [32, 64, 96, 104, 112, 120, 128];
const BLOCK_BYTES = 16;

export function signed(algorithm: Algorithm, key: KeyParts, data: Bytes): Soon<Bytes> {
  const read = (output: Bytes) => output;
  if (key.type === "secret") return hostCrypto({ op: "hmac", hash: hashOf(key) }, [key.bytes, data], { read });
  return hostCrypto({ op: "sign", kind: key.kind as KeyKind, ...schemeOf(algorithm, key) }, [key.bytes, data], {
    read,
  });
}

export function verified(algorithm: Algorithm, key: KeyParts, signature: Bytes, data: Bytes): Soon<boolean> {
  if (key.type === "secret") {
    return hostCrypto({ op: "hmac", hash: hashOf(key) }, [key.bytes, data], {
      read: (right) => isSame(signature, right),
    });
  }
  const request = { op: "verify", kind: key.kind as KeyKind, ...schemeOf(algorithm, key) } as const;
  return hostCrypto(request, [key.bytes, signature, data], { read: (output) => output[0] === 1 });
}

function schemeOf({ name, hash, saltLength = 0 }: Algorithm, key: KeyParts) {
  switch (name) {
    case "RSASSA-PKCS1-v1_5":
      return { scheme: name, hash: hashOf(key) } as const;
    case "RSA-PSS": {
      const most = Math.ceil(((key.algorithm.modulusLength as number) - 1) / 8) - HASH_BYTES[hashOf(key)] - 2;
      if (saltLength > most) throw operationError(`the salt of this key has at most ${most} bytes, not ${saltLength}`);
      return { scheme: name, hash: hashOf(key), saltBytes: saltLength } as const;
    }
    case "ECDSA":
      return { scheme: name, hash: hash as HashName } as const;
    default:
      return { scheme: "Ed25519" } as const;
  }
}

/** `read` takes the output, which may be a key's bytes. */
export function ciphered<T>(
  op: "encrypt" | "decrypt",
  algorithm: Algorithm,
  { key, data, read }: { key: KeyParts; data: Bytes; read: (output: Bytes) => Soon<T> },
): Soon<T> {
  const { name, iv = NOTHING, counter = NOTHING, length = 0, tagLength = 128, additionalData = NOTHING } = algorithm;
  const parts = (vector: Bytes) => [key.bytes, vector, additionalData, data];
  switch (name) {
    case "AES-CBC":
      if (byteCount(iv) !== BLOCK_BYTES) throw operationError(`the iv must have ${BLOCK_BYTES} bytes`);
      return hostCrypto({ op, cipher: name }, parts(iv), { read });
    case "AES-CTR":
      if (byteCount(counter) !== BLOCK_BYTES) throw operationError(`the counter must have ${BLOCK_BYTES} bytes`);
      if (length < 1 || length > 128) throw operationError("the counter's length must be from 1 to 128 bits");
      return hostCrypto({ op, cipher: name, counterBits: length }, parts(counter), { read });
    case "AES-GCM":
      if (!TAG_BITS.includes(tagLength)) throw operationError(`the tagLength must be one of ${TAG_BITS.join(", ")}`);
      return hostCrypto({ op, cipher: name, tagBits: tagLength }, parts(iv), { read });
    case "AES-KW":
      return hostCrypto({ op, cipher: name }, parts(NOTHING), { read });
    default:
      return hostCrypto({ op, cipher: "RSA-OAEP", hash: hashOf(key) }, parts(algorithm.label ?? NOTHING), { read });
  }
}

/** @param length bits; null is as many as there are. `read` takes them. */
export function derived<T>(
  algorithm: Algorithm,
  key: KeyParts,
  length: number | null,
  read: (output: Bytes) => Soon<T>,
): Soon<T> {
  const { name } = algorithm;
  if (name === "ECDH" || name === "X25519") return agreed(algorithm, key, length, read);
  const { hash, salt = NOTHING, info = NOTHING, iterations = 0 } = algorithm;
  if (length === null || length % 8 !== 0)
    throw operationError("the length must be a number of bits that is a multiple of 8");
  if (name === "PBKDF2" && iterations === 0) throw operationError("PBKDF2 needs iterations");
  if (length === 0) return read(newBytes(0));
  const bytes = length / 8;
  const blockBytes = HASH_BYTES[hash as HashName];
  const blocks = Math.ceil(bytes / blockBytes);
  if (name === "HKDF") {
    if (blocks > HKDF_BLOCKS_MAX)
      throw operationError(`HKDF derives at most ${HKDF_BLOCKS_MAX * blockBytes} bytes, not ${bytes}`);
    return hostCrypto({ op: "hkdf", hash: hash as HashName, bytes }, [key.bytes, salt, info], { read });
  }
  if (bytes > DERIVED_BYTES_MAX || iterations * blocks > DERIVATION_ITERATIONS_MAX) {
    throw notSupported(
      `deriving ${bytes} bytes with ${iterations} iterations: at most ${DERIVED_BYTES_MAX} bytes, and ${DERIVATION_ITERATIONS_MAX} iterations for all blocks of ${blockBytes} bytes`,
    );
  }
  return hostCrypto({ op: "pbkdf2", hash: hash as HashName, iterations, bytes }, [key.bytes, salt], { read });
}

function agreed<T>(
  algorithm: Algorithm,
  key: KeyParts,
  length: number | null,
  read: (output: Bytes) => Soon<T>,
): Soon<T> {
  const peer = algorithm.public as KeyParts;
  if (key.type !== "private") throw invalidAccess("an agreement needs a private key");
  if (peer.type !== "public") throw invalidAccess("the other's key must be a public one");
  if (peer.algorithm.name !== key.algorithm.name || peer.kind !== key.kind)
    throw invalidAccess("the keys are not of one kind");
  return hostCrypto({ op: "agree", kind: key.kind as KeyKind }, [key.bytes, peer.bytes], {
    read(secret) {
      if (length === null) return read(secret);
      const has = byteCount(secret) * 8;
      if (length > has) throw operationError(`the agreement gives ${has} bits, not ${length}`);
      return read(clearedTail(secret, length));
    },
  });
}

function hashOf(key: KeyParts): HashName {
  return key.algorithm.hash as HashName;
}

/** Takes as long whatever is different. */
function isSame(given: Bytes, right: Bytes): boolean {
  const count = byteCount(right);
  let differences = byteCount(given) ^ count;
  for (let index = 0; index < count; index++) differences |= (right[index] as number) ^ (given[index] ?? 0);
  return differences === 0;
}
