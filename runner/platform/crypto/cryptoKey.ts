import type { KeyKind } from "../../worker/cryptoPort.ts";
import type { HashName } from "../../worker/hostPort.ts";
import { type Bytes, newBytes } from "../bytes.ts";
import { makeSerializable } from "../clone/platformObjects.ts";
import { freeze } from "../primordials.ts";
import { defineInterface } from "../webidl.ts";

export const USAGES = [
  "encrypt", "decrypt", "sign", "verify", "deriveKey", "deriveBits", "wrapKey", "unwrapKey",
] as const; // biome-ignore format: a list
export type Usage = (typeof USAGES)[number];

/** What an algorithm's key is besides its bytes. */
export interface KeyAlgorithm {
  readonly name: string;
  readonly hash?: HashName;
  /** Bits of a secret key. */
  readonly length?: number;
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: number;
}

export interface KeyParts {
  readonly type: "secret" | "public" | "private";
  readonly extractable: boolean;
  readonly algorithm: KeyAlgorithm;
  readonly usages: readonly Usage[];
  /** The secret, PKCS#8 or SubjectPublicKeyInfo. */
  readonly bytes: Bytes;
  /** Of asymmetric keys. */
  readonly kind?: KeyKind;
}

let making: KeyParts | undefined;
let partsOf: (key: unknown) => KeyParts | undefined;

/** A key that code of the function cannot read again. */
export class CryptoKey {
  readonly #parts: KeyParts;
  #algorithm: object | undefined;
  #usages: string[] | undefined;

  static {
    partsOf = (key) => (typeof key === "object" && key !== null && #parts in key ? key.#parts : undefined);
  }

  constructor() {
    if (making === undefined) throw new TypeError("Illegal constructor");
    this.#parts = making;
    making = undefined;
  }

  get type(): string {
    return this.#parts.type;
  }
  get extractable(): boolean {
    return this.#parts.extractable;
  }
  get algorithm(): object {
    this.#algorithm ??= shownAlgorithm(this.#parts.algorithm);
    return this.#algorithm;
  }
  get usages(): readonly string[] {
    this.#usages ??= [...this.#parts.usages];
    return this.#usages;
  }
}
defineInterface(CryptoKey, "CryptoKey");
makeSerializable({
  is: (value) => partsOf(value) !== undefined,
  copy(key) {
    const parts = partsOf(key) as KeyParts;
    return () => newKey(parts);
  },
});

/** `undefined` for whatever is no CryptoKey. */
export { partsOf as keyParts };

export function newKey(parts: KeyParts): CryptoKey {
  making = freeze(parts);
  return new CryptoKey();
}

/** As the standard's dictionaries have it: fresh objects, which the function may change without changing the key. */
function shownAlgorithm({ name, modulusLength, publicExponent, hash, namedCurve, length }: KeyAlgorithm): object {
  const shown: Record<string, unknown> = { name };
  if (modulusLength !== undefined) shown.modulusLength = modulusLength;
  if (publicExponent !== undefined) shown.publicExponent = exponentBytes(publicExponent);
  if (hash !== undefined) shown.hash = { name: hash };
  if (length !== undefined) shown.length = length;
  if (namedCurve !== undefined) shown.namedCurve = namedCurve;
  return shown;
}

function exponentBytes(exponent: number): Bytes {
  let size = 1;
  while (size < 6 && exponent >= 256 ** size) size++;
  const bytes = newBytes(size);
  for (let index = 0; index < size; index++) bytes[index] = Math.floor(exponent / 256 ** (size - 1 - index)) % 256;
  return bytes;
}
