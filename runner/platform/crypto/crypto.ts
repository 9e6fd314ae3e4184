import { newBytes, sharedBytes, typedArrayName } from "../bytes.ts";
import { DOMException } from "../domException.ts";
import { QuotaExceededError } from "../quotaExceededError.ts";
import { defineInterface } from "../webidl.ts";
import { fillRandom } from "./random.ts";
import type { SubtleCrypto } from "./subtle.ts";

/** Most functions use no more than random numbers: the bundler keeps the rest a call away. */
declare const require: {
  (name: "./subtle.ts"): typeof import("./subtle.ts");
  (name: "./cryptoKey.ts"): typeof import("./cryptoKey.ts");
};

/** Bytes that one call may ask for, as in browsers. */
const BYTES_MAX = 65_536;
const INTEGER_ARRAYS: readonly (string | undefined)[] = [
  "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array",
]; // biome-ignore format: a list

let making = false;

export class Crypto {
  #subtle: SubtleCrypto | undefined;

  constructor() {
    if (!making) throw new TypeError("Illegal constructor");
  }

  get subtle(): SubtleCrypto {
    this.#subtle ??= require("./subtle.ts").newSubtle();
    return this.#subtle;
  }

  getRandomValues<T>(array: T): T {
    if (!(#subtle in this)) throw new TypeError("Illegal invocation");
    const name = typedArrayName(array);
    if (!ArrayBuffer.isView(array)) throw new TypeError("getRandomValues takes a typed array");
    if (!INTEGER_ARRAYS.includes(name)) {
      throw new DOMException("getRandomValues takes an array of integers", "TypeMismatchError");
    }
    const bytes = sharedBytes(array as unknown as Uint8Array<ArrayBuffer>);
    if (bytes.length > BYTES_MAX)
      throw new QuotaExceededError(`getRandomValues gives at most ${BYTES_MAX} bytes at once, not ${bytes.length}`);
    fillRandom(bytes);
    return array;
  }

  randomUUID(): string {
    if (!(#subtle in this)) throw new TypeError("Illegal invocation");
    const bytes = newBytes(16);
    fillRandom(bytes);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    let text = "";
    for (let index = 0; index < 16; index++) {
      if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
      text += HEX[bytes[index] as number];
    }
    return text;
  }
}
defineInterface(Crypto, "Crypto");

const HEX: string[] = [];
for (let byte = 0; byte < 256; byte++) HEX[byte] = (byte < 16 ? "0" : "") + byte.toString(16);

export const crypto = newCrypto();

/** Classes that come with the first use of their names. */
export const CRYPTO_CLASSES = {
  CryptoKey: () => require("./cryptoKey.ts").CryptoKey,
  SubtleCrypto: () => require("./subtle.ts").SubtleCrypto,
};

function newCrypto(): Crypto {
  making = true;
  try {
    return new Crypto();
  } finally {
    making = false;
  }
}
