import { Buffer } from "node:buffer";
import { hmac } from "@noble/hashes/hmac.js";
import { md5, ripemd160, sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512, sha512_256 } from "@noble/hashes/sha2.js";
import { sha3_224, sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";

type Data = string | ArrayBufferView;
type Encoding = BufferEncoding;

interface Hashing {
  update(bytes: Uint8Array): Hashing;
  digest(): Uint8Array;
  clone(): Hashing;
}

/** Hashes are computed where they are asked for, so they count as the function's own CPU time. */
const HASHES = {
  md5,
  ripemd160,
  sha1,
  sha224,
  sha256,
  "sha3-224": sha3_224,
  "sha3-256": sha3_256,
  "sha3-384": sha3_384,
  "sha3-512": sha3_512,
  sha384,
  sha512,
  "sha512-256": sha512_256,
};

function hashNamed(name: string) {
  const wanted = `${name}`.toLowerCase().replace(/^rsa-/, "").replace(/^sha-/, "sha");
  if (!Object.hasOwn(HASHES, wanted)) throw withCode("ERR_OSSL_EVP_UNSUPPORTED", "Digest method not supported");
  return HASHES[wanted as keyof typeof HASHES];
}

function withCode(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function bytesOf(data: Data, encoding?: string): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, encoding as Encoding);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const message = 'The "data" argument must be of type string or an instance of Buffer, TypedArray, or DataView';
  throw Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_TYPE" });
}

class Digest {
  #hashing: Hashing | undefined;

  constructor(hashing: Hashing) {
    this.#hashing = hashing;
  }

  update(data: Data, encoding?: string): this {
    this.#open().update(bytesOf(data, encoding));
    return this;
  }

  digest(encoding?: string): Buffer | string {
    const made = Buffer.from(this.#open().digest());
    this.#hashing = undefined;
    return encoding === undefined || encoding === "buffer" ? made : made.toString(encoding as Encoding);
  }

  copy(): Digest {
    return new Digest(this.#open().clone());
  }

  #open(): Hashing {
    if (this.#hashing === undefined) throw withCode("ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    return this.#hashing;
  }
}

export function createHash(algorithm: string): Digest {
  return new Digest(hashNamed(algorithm).create() as unknown as Hashing);
}

export function createHmac(algorithm: string, key: Data): Digest {
  return new Digest(hmac.create(hashNamed(algorithm), bytesOf(key)) as unknown as Hashing);
}

/** One hash at once; in hexadecimal where no encoding is named. */
export function hash(algorithm: string, data: Data, encoding = "hex"): Buffer | string {
  return createHash(algorithm).update(data).digest(encoding);
}

export const getHashes = () => Object.keys(HASHES);

/** What the platform gives at once, bytes. */
const RANDOM_BYTES_MAX = 65_536;

export function randomFillSync<T extends ArrayBufferView>(target: T): T {
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  for (let at = 0; at < bytes.length; at += RANDOM_BYTES_MAX)
    globalThis.crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES_MAX) as Uint8Array<ArrayBuffer>);
  return target;
}

export function randomBytes(size: number, callback?: (error: null, bytes: Buffer) => void): Buffer | undefined {
  const bytes = randomFillSync(Buffer.alloc(size));
  if (callback === undefined) return bytes;
  queueMicrotask(() => callback(null, bytes));
  return undefined;
}

export function timingSafeEqual(one: ArrayBufferView, other: ArrayBufferView): boolean {
  const [first, second] = [bytesOf(one), bytesOf(other)];
  if (first.length !== second.length) {
    const code = "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH";
    throw Object.assign(new RangeError("Input buffers must have the same byte length"), { code });
  }
  let differences = 0;
  for (let index = 0; index < first.length; index++)
    differences |= (first[index] as number) ^ (second[index] as number);
  return differences === 0;
}

export const webcrypto = globalThis.crypto;
export const subtle = /* @__PURE__ */ (() => webcrypto.subtle)();
export const randomUUID = () => webcrypto.randomUUID();
export const getRandomValues = (array: Uint8Array<ArrayBuffer>) => webcrypto.getRandomValues(array);
export default {
  createHash,
  createHmac,
  getHashes,
  getRandomValues,
  hash,
  randomBytes,
  randomFillSync,
  randomUUID,
  subtle,
  timingSafeEqual,
  webcrypto,
};
