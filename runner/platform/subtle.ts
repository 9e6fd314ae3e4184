import {
  COMPUTE,
  COMPUTE_BYTES_MAX,
  DERIVATION_ITERATIONS_MAX,
  DERIVED_BYTES_MAX,
  HASH_BYTES,
  type HashName,
} from "../worker/hostPort.ts";
import { bytesOf } from "./encoding.ts";
import { callFor, host } from "./host.ts";
import { JobError, job } from "./jobs.ts";
import { LimitError } from "./limitError.ts";

type Usage = "sign" | "verify" | "deriveBits" | "deriveKey";
type Bytes = Uint8Array<ArrayBuffer>;

const USAGES: readonly string[] = [
  "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey",
]; // biome-ignore format: a list
const KEY_USAGES = { HMAC: ["sign", "verify"], PBKDF2: ["deriveBits", "deriveKey"] } as const;
const HMAC_BITS_MAX = 8 * 1024 * 8;
const FORGE = Symbol("CryptoKey");
const NO_KEY: Bytes = new Uint8Array(0);

let secretOf: (key: CryptoKey) => Bytes;

/** A key that code of the function cannot read again. */
export class CryptoKey {
  readonly #secret: Bytes;
  readonly #algorithm: object;
  readonly #extractable: boolean;
  readonly #usages: readonly string[];

  static {
    secretOf = (key) => key.#secret;
  }

  constructor(forge?: unknown, parts?: { secret: Bytes; algorithm: object; extractable: boolean; usages: string[] }) {
    if (forge !== FORGE || parts === undefined) throw new TypeError("Illegal constructor");
    this.#secret = parts.secret;
    this.#algorithm = parts.algorithm;
    this.#extractable = parts.extractable;
    this.#usages = parts.usages;
  }

  get type(): string {
    return "secret";
  }
  get extractable(): boolean {
    return this.#extractable;
  }
  get algorithm(): object {
    return this.#algorithm;
  }
  get usages(): readonly string[] {
    return this.#usages;
  }
  get [Symbol.toStringTag](): string {
    return "CryptoKey";
  }
}

export const subtle = {
  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    const hash = hashName(algorithm);
    return hashed("digest", hash, NO_KEY, copyOf(data));
  },

  async importKey(
    format: unknown,
    keyData: unknown,
    algorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    const name = algorithmName(algorithm);
    const usages = checkedUsages(keyUsages);
    if (name !== "HMAC" && name !== "PBKDF2") throw notSupported(`importing a key for ${name}`);
    if (`${format}` !== "raw") throw notSupported(`importing a key as ${format}`);
    const allowed: readonly string[] = KEY_USAGES[name];
    if (usages.some((usage) => !allowed.includes(usage))) {
      throw new DOMException(`A key for ${name} can be used for ${allowed.join(", ")}`, "SyntaxError");
    }
    if (usages.length === 0) throw new DOMException("A secret key needs a usage", "SyntaxError");
    const secret = copyOf(keyData);
    if (name === "PBKDF2") {
      if (extractable) throw new DOMException("A key for PBKDF2 cannot be extractable", "SyntaxError");
      return new CryptoKey(FORGE, { secret, algorithm: { name }, extractable: false, usages });
    }
    const { hash, length } = algorithm as { hash?: unknown; length?: unknown };
    const key = withLength(secret, length);
    const shown = {
      name,
      length: length === undefined ? key.length * 8 : Number(length),
      hash: { name: hashName(hash) },
    };
    return new CryptoKey(FORGE, { secret: key, algorithm: shown, extractable: Boolean(extractable), usages });
  },

  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    const bytes = copyOf(data);
    const { hash, secret } = hmacKey(algorithm, key, "sign");
    return hashed("sign", hash, secret, bytes);
  },

  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    const given = copyOf(signature);
    const bytes = copyOf(data);
    const { hash, secret } = hmacKey(algorithm, key, "verify");
    const right = new Uint8Array(await hashed("sign", hash, secret, bytes));
    let differences = given.length ^ right.length;
    for (let index = 0; index < right.length; index++) differences |= (right[index] as number) ^ (given[index] ?? 0);
    return differences === 0;
  },

  async deriveBits(algorithm: unknown, key: unknown, length?: unknown): Promise<ArrayBuffer> {
    if (algorithmName(algorithm) !== "PBKDF2") throw notSupported(`deriving bits by ${algorithmName(algorithm)}`);
    const { hash, salt, iterations } = algorithm as { hash?: unknown; salt?: unknown; iterations?: unknown };
    const name = hashName(hash);
    const saltBytes = copyOf(salt);
    const rounds = Math.trunc(Number(iterations));
    const { secret } = usableKey(key, "PBKDF2", "deriveBits");
    const bits = Number(length);
    if (length === null || length === undefined || !Number.isInteger(bits) || bits < 0 || bits % 8 !== 0) {
      throw new DOMException("The length must be a number of bits that is a multiple of 8", "OperationError");
    }
    if (!(rounds > 0)) throw new DOMException("PBKDF2 needs iterations", "OperationError");
    if (bits === 0) return new ArrayBuffer(0);
    const bytes = bits / 8;
    const blocks = Math.ceil(bytes / HASH_BYTES[name]);
    if (bytes > DERIVED_BYTES_MAX || rounds * blocks > DERIVATION_ITERATIONS_MAX) {
      throw notSupported(
        `deriving ${bytes} bytes with ${rounds} iterations: at most ${DERIVED_BYTES_MAX} bytes, and ${DERIVATION_ITERATIONS_MAX} iterations for all blocks of ${HASH_BYTES[name]} bytes,`,
      );
    }
    const request = { op: "derive", hash: name, saltBytes: saltBytes.length, iterations: rounds, bytes } as const;
    return (await done(job(request, joined(saltBytes, secret)))).buffer;
  },
};

/** A hash or a signature: what is small is done while the caller waits, without a turn of the host's. */
async function hashed(op: "digest" | "sign", hash: HashName, key: Bytes, data: Bytes): Promise<ArrayBuffer> {
  const call = callFor("crypto.subtle");
  if (key.length + data.length <= COMPUTE_BYTES_MAX) {
    const made = host().compute(call, COMPUTE[op], hash, key.buffer, data.buffer);
    if (typeof made === "number") throw new LimitError("cpuMs", made);
    return made;
  }
  if (op === "digest") return (await done(job({ op, hash }, data.buffer))).buffer;
  return (await done(job({ op, hash, keyBytes: key.length }, joined(key, data)))).buffer;
}

async function done(running: ReturnType<typeof job>): Promise<Bytes> {
  try {
    return (await running).output;
  } catch (error) {
    throw error instanceof JobError ? new DOMException(error.message, "OperationError") : error;
  }
}

function joined(first: Bytes, second: Bytes): ArrayBuffer {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both.buffer;
}

function algorithmName(algorithm: unknown): string {
  const name = typeof algorithm === "object" && algorithm !== null ? (algorithm as { name?: unknown }).name : algorithm;
  if (name === undefined) throw new TypeError("An algorithm needs a name");
  return `${name}`.toUpperCase();
}

function hashName(algorithm: unknown): HashName {
  const name = algorithmName(algorithm);
  if (!Object.hasOwn(HASH_BYTES, name)) throw notSupported(`the hash ${name}`);
  return name as HashName;
}

/** Copied at once: what the caller changes later must not count. */
function copyOf(data: unknown): Bytes {
  const bytes = bytesOf(data);
  if (bytes === undefined) throw new TypeError("The data must be an ArrayBuffer or a view of one");
  return bytes.slice();
}

function checkedUsages(usages: unknown): string[] {
  const list = [...new Set([...(usages as Iterable<unknown>)].map((usage) => `${usage}`))];
  const wrong = list.find((usage) => !USAGES.includes(usage));
  if (wrong !== undefined) throw new TypeError(`${JSON.stringify(wrong)} is no usage of a key`);
  return USAGES.filter((usage) => list.includes(usage));
}

function hmacKey(algorithm: unknown, key: unknown, usage: Usage): { hash: HashName; secret: Bytes } {
  const name = algorithmName(algorithm);
  if (name !== "HMAC") throw notSupported(`signing by ${name}`);
  const { secret, algorithm: shown } = usableKey(key, "HMAC", usage);
  return { secret, hash: (shown as { hash: { name: HashName } }).hash.name };
}

function usableKey(key: unknown, name: string, usage: Usage): { secret: Bytes; algorithm: object } {
  if (!(key instanceof CryptoKey)) throw new TypeError("The key must be a CryptoKey");
  if ((key.algorithm as { name: string }).name !== name || !key.usages.includes(usage)) {
    throw new DOMException(`The key cannot be used to ${usage} by ${name}`, "InvalidAccessError");
  }
  return { secret: secretOf(key), algorithm: key.algorithm };
}

/** An HMAC key may be given a length that drops bits of its last byte. */
function withLength(secret: Bytes, length: unknown): Bytes {
  if (secret.length === 0) throw new DOMException("An HMAC key must not be empty", "DataError");
  if (secret.length * 8 > HMAC_BITS_MAX) throw notSupported(`an HMAC key of more than ${HMAC_BITS_MAX} bits`);
  if (length === undefined) return secret;
  const bits = Number(length);
  if (!Number.isInteger(bits) || bits > secret.length * 8 || bits <= secret.length * 8 - 8) {
    throw new DOMException("The length must be that of the key, less up to 7 bits", "DataError");
  }
  const unused = secret.length * 8 - bits;
  secret[secret.length - 1] = (secret[secret.length - 1] as number) & (0xff << unused);
  return secret;
}

function notSupported(what: string): DOMException {
  return new DOMException(`Not supported: ${what.replace(/,$/, "")}`, "NotSupportedError");
}
