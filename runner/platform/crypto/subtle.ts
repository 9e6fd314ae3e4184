import type { HashName } from "../../worker/hostPort.ts";
import { type Bytes, bufferOf, copiedBytes, isBufferSource } from "../bytes.ts";
import { apply, defineProperty } from "../primordials.ts";
import { defineInterface, isObject, toEnum, toSequence } from "../webidl.ts";
import { ciphered, derived, signed, verified } from "./ciphers.ts";
import { type CryptoKey, type KeyParts, keyParts, USAGES, type Usage } from "./cryptoKey.ts";
import { invalidAccess, notSupported, syntaxError } from "./errors.ts";
import { hostCrypto, type Soon } from "./hostCrypto.ts";
import { type Jwk, jwkBytes, parsedJwk, toJwk } from "./jwk.ts";
import { type CryptoKeyPair, exportOfPair, generatePair, importPair, isPairAlgorithm } from "./keyPairs.ts";
import { type Algorithm, normalized, type Operation, toIdentifier } from "./params.ts";
import { exportSecret, generateSecret, type ImportOptions, importSecret, keyLength } from "./secretKeys.ts";

const FORMATS = ["raw", "spki", "pkcs8", "jwk"] as const;

let making = false;
let isSubtle: (value: unknown) => boolean;

/** The Web Cryptography API's operations. Arguments are converted as Web IDL says, and every error is a rejection. */
export class SubtleCrypto {
  readonly #brand = true;

  static {
    isSubtle = (value) => isObject(value) && #brand in value;
  }

  constructor() {
    if (!making) throw new TypeError("Illegal constructor");
  }

  async encrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return bufferOf(await cipher("encrypt", algorithm, key, data));
  }

  async decrypt(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    return bufferOf(await cipher("decrypt", algorithm, key, data));
  }

  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    const identifier = toIdentifier(algorithm);
    const parts = toKey(key, "key");
    const source = toSource(data, "data");
    const chosen = normalized("sign", identifier);
    const bytes = copiedBytes(source);
    mayUse(parts, chosen, "sign");
    return bufferOf(await signed(chosen, parts, bytes));
  }

  async verify(algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    const identifier = toIdentifier(algorithm);
    const parts = toKey(key, "key");
    const signatureSource = toSource(signature, "signature");
    const source = toSource(data, "data");
    const chosen = normalized("verify", identifier);
    const signatureBytes = copiedBytes(signatureSource);
    const bytes = copiedBytes(source);
    mayUse(parts, chosen, "verify");
    return verified(chosen, parts, signatureBytes, bytes);
  }

  async digest(algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    const identifier = toIdentifier(algorithm);
    const source = toSource(data, "data");
    const hash = normalized("digest", identifier).name as HashName;
    return bufferOf(await hostCrypto({ op: "digest", hash }, [copiedBytes(source)], { read: (output) => output }));
  }

  async generateKey(algorithm: unknown, extractable: unknown, keyUsages: unknown): Promise<CryptoKey | CryptoKeyPair> {
    const identifier = toIdentifier(algorithm);
    const usages = toUsages(keyUsages);
    const chosen = normalized("generateKey", identifier);
    return isPairAlgorithm(chosen.name)
      ? generatePair(chosen, Boolean(extractable), usages)
      : generateSecret(chosen, Boolean(extractable), usages);
  }

  async deriveKey(
    algorithm: unknown,
    baseKey: unknown,
    derivedKeyType: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    const identifier = toIdentifier(algorithm);
    const parts = toKey(baseKey, "baseKey");
    const derivedType = toIdentifier(derivedKeyType);
    const usages = toUsages(keyUsages);
    const chosen = normalized("deriveBits", identifier);
    const imported = normalized("importKey", derivedType);
    const measured = normalized("keyLength", derivedType);
    mayUse(parts, chosen, "deriveKey");
    const length = keyLength(measured);
    const options = { format: "raw", algorithm: imported, extractable: Boolean(extractable), usages };
    return derived(chosen, parts, length, (bytes) => withUsage(importSecret(bytes, options), usages));
  }

  async deriveBits(algorithm: unknown, baseKey: unknown, length: unknown = null): Promise<ArrayBuffer> {
    const identifier = toIdentifier(algorithm);
    const parts = toKey(baseKey, "baseKey");
    const bits = length === null ? null : +(length as number) >>> 0;
    const chosen = normalized("deriveBits", identifier);
    mayUse(parts, chosen, "deriveBits");
    return bufferOf(await derived(chosen, parts, bits, (bytes) => bytes));
  }

  async importKey(
    format: unknown,
    keyData: unknown,
    algorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    const known = toEnum(format, FORMATS, "The format");
    const data = toKeyData(keyData);
    const identifier = toIdentifier(algorithm);
    const usages = toUsages(keyUsages);
    const chosen = normalized("importKey", identifier);
    if ((known === "jwk") === "source" in data) {
      const wanted = known === "jwk" ? "a JSON Web Key" : "an ArrayBuffer or a view of one";
      throw new TypeError(`The data of a key in the format ${known} must be ${wanted}`);
    }
    const options = { format: known, algorithm: chosen, extractable: Boolean(extractable), usages };
    return imported("source" in data ? copiedBytes(data.source) : data.jwk, options);
  }

  async exportKey(format: unknown, key: unknown): Promise<ArrayBuffer | object> {
    const known = toEnum(format, FORMATS, "The format");
    const exported = await exportable(known, toKey(key, "key"));
    return known === "jwk" ? { ...exported } : bufferOf(exported as Bytes);
  }

  async wrapKey(format: unknown, key: unknown, wrappingKey: unknown, wrapAlgorithm: unknown): Promise<ArrayBuffer> {
    const known = toEnum(format, FORMATS, "The format");
    const parts = toKey(key, "key");
    const wrapping = toKey(wrappingKey, "wrappingKey");
    const chosen = wrapper("wrapKey", "encrypt", toIdentifier(wrapAlgorithm));
    mayUse(wrapping, chosen, "wrapKey");
    const exported = await exportable(known, parts);
    const data = known === "jwk" ? jwkBytes(exported, chosen.name === "AES-KW" ? 8 : 1) : (exported as Bytes);
    return bufferOf(await ciphered("encrypt", chosen, { key: wrapping, data, read: (output) => output }));
  }

  async unwrapKey(
    format: unknown,
    wrappedKey: unknown,
    unwrappingKey: unknown,
    unwrapAlgorithm: unknown,
    unwrappedKeyAlgorithm: unknown,
    extractable: unknown,
    keyUsages: unknown,
  ): Promise<CryptoKey> {
    const known = toEnum(format, FORMATS, "The format");
    const source = toSource(wrappedKey, "wrappedKey");
    const unwrapping = toKey(unwrappingKey, "unwrappingKey");
    const unwrapIdentifier = toIdentifier(unwrapAlgorithm);
    const keyIdentifier = toIdentifier(unwrappedKeyAlgorithm);
    const usages = toUsages(keyUsages);
    const chosen = wrapper("unwrapKey", "decrypt", unwrapIdentifier);
    const algorithm = normalized("importKey", keyIdentifier);
    const data = copiedBytes(source);
    mayUse(unwrapping, chosen, "unwrapKey");
    const options = { format: known, algorithm, extractable: Boolean(extractable), usages };
    const read = (bytes: Bytes) => imported(known === "jwk" ? parsedJwk(bytes) : bytes, options);
    return ciphered("decrypt", chosen, { key: unwrapping, data, read });
  }
}
rejectWrongCalls();
defineInterface(SubtleCrypto, "SubtleCrypto");

export function newSubtle(): SubtleCrypto {
  making = true;
  try {
    return new SubtleCrypto();
  } finally {
    making = false;
  }
}

/** Calls on another object, or with too few arguments. */
function rejectWrongCalls(): void {
  const { prototype } = SubtleCrypto;
  for (const name of Object.getOwnPropertyNames(prototype) as (keyof SubtleCrypto)[]) {
    if ((name as string) === "constructor") continue;
    const method = prototype[name] as (...given: unknown[]) => Promise<unknown>;
    // A method, for these have no prototype.
    const { checked } = {
      checked(this: unknown, ...given: unknown[]): Promise<unknown> {
        if (!isSubtle(this)) return Promise.reject(new TypeError("Illegal invocation"));
        if (given.length >= method.length) return apply(method, this, given);
        return Promise.reject(
          new TypeError(`SubtleCrypto.${name} takes ${method.length} arguments, not ${given.length}`),
        );
      },
    };
    defineProperty(checked, "name", { value: name, configurable: true });
    defineProperty(checked, "length", { value: method.length, configurable: true });
    defineProperty(prototype, name, { value: checked, writable: true, configurable: true });
  }
}

async function cipher(op: "encrypt" | "decrypt", algorithm: unknown, key: unknown, data: unknown): Promise<Bytes> {
  const identifier = toIdentifier(algorithm);
  const parts = toKey(key, "key");
  const source = toSource(data, "data");
  const chosen = normalized(op, identifier);
  const bytes = copiedBytes(source);
  mayUse(parts, chosen, op);
  return ciphered(op, chosen, { key: parts, data: bytes, read: (output) => output });
}

function imported(data: Bytes | Jwk, options: ImportOptions): Soon<CryptoKey> {
  const { algorithm, usages } = options;
  if (!isPairAlgorithm(algorithm.name)) return withUsage(importSecret(data, options), usages);
  const key = importPair(data, options);
  return key instanceof Promise ? key.then((made) => withUsage(made, usages)) : withUsage(key, usages);
}

/** @throws SyntaxError for a key that could do nothing */
function withUsage(key: CryptoKey, usages: readonly Usage[]): CryptoKey {
  if (usages.length === 0 && key.type !== "public") throw syntaxError(`a ${key.type} key needs a usage`);
  return key;
}

function exportable(format: string, key: KeyParts): Soon<Bytes | Jwk> {
  const { name } = key.algorithm;
  if (name === "HKDF" || name === "PBKDF2") throw notSupported(`a key for ${name} is not exported`);
  if (!key.extractable) throw invalidAccess("the key is not extractable");
  return isPairAlgorithm(name) ? exportOfPair(format, key) : exportSecret(format, key);
}

/** Wrapping is an algorithm's own, or its encryption. */
function wrapper(own: Operation, other: Operation, identifier: string | object): Algorithm {
  try {
    return normalized(own, identifier);
  } catch {
    return normalized(other, identifier);
  }
}

/** @throws InvalidAccessError when the key is another algorithm's, or not for this */
function mayUse(key: KeyParts, { name }: Algorithm, usage: Usage): void {
  if (key.algorithm.name !== name) throw invalidAccess(`the key is one for ${key.algorithm.name}, not for ${name}`);
  if (!key.usages.includes(usage)) throw invalidAccess(`the key is not for ${usage}`);
}

function toKey(value: unknown, name: string): KeyParts {
  const parts = keyParts(value);
  if (parts === undefined) throw new TypeError(`The argument ${name} must be a CryptoKey`);
  return parts;
}

type Source = ArrayBuffer | ArrayBufferView<ArrayBuffer>;

function toSource(value: unknown, name: string): Source {
  if (!isBufferSource(value)) throw new TypeError(`The argument ${name} must be an ArrayBuffer or a view of one`);
  return value;
}

function toKeyData(value: unknown): { readonly source: Source } | { readonly jwk: Jwk } {
  if (isBufferSource(value)) return { source: value };
  if (!isObject(value) && value !== undefined && value !== null)
    throw new TypeError("The data of a key must be bytes or a JSON Web Key");
  return { jwk: toJwk(value) };
}

/** In the standard's order, each once. */
function toUsages(value: unknown): Usage[] {
  const given = toSequence(value, (item) => toEnum(item, USAGES, "A usage of a key"), "The usages of a key");
  return USAGES.filter((usage) => given.includes(usage));
}
