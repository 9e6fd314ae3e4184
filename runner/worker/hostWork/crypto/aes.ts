import { type CipherGCMTypes, createCipheriv, createDecipheriv, type DecipherGCM } from "node:crypto";
import type { Cipher } from "../../cryptoPort.ts";

/** The parts of a request: initial vector or counter, additional data, data. */
export interface AesInput {
  readonly key: Buffer;
  readonly vector: Buffer;
  readonly additional: Buffer;
  readonly data: Buffer;
}

type AesCipher = Exclude<Cipher, { cipher: "RSA-OAEP" }>;

const BLOCK_BYTES = 16;
/** RFC 3394's own initial value. */
const WRAP_VECTOR = Buffer.alloc(8, 0xa6);

/** @throws Error when the data cannot be decrypted, or the parameters are not the cipher's */
export function aes(isEncrypt: boolean, cipher: AesCipher, input: AesInput): Buffer {
  const { key, vector, additional, data } = input;
  const bits = key.length * 8;
  switch (cipher.cipher) {
    case "AES-CBC":
      return run(isEncrypt, `aes-${bits}-cbc`, key, vector, data);
    case "AES-KW":
      return run(isEncrypt, `id-aes${bits}-wrap`, key, WRAP_VECTOR, data);
    case "AES-CTR":
      return counterMode(`aes-${bits}-ctr`, cipher.counterBits, input);
    case "AES-GCM": {
      const name = `aes-${bits}-gcm` as CipherGCMTypes;
      const authTagLength = cipher.tagBits / 8;
      if (isEncrypt) {
        const sealing = createCipheriv(name, key, vector, { authTagLength });
        sealing.setAAD(additional);
        const sealed = sealing.update(data);
        return Buffer.concat([sealed, sealing.final(), sealing.getAuthTag()]);
      }
      if (data.length < authTagLength) throw new Error("the data are shorter than their tag");
      const opening = createDecipheriv(name, key, vector, { authTagLength }) as DecipherGCM;
      opening.setAAD(additional);
      opening.setAuthTag(data.subarray(data.length - authTagLength));
      const opened = opening.update(data.subarray(0, data.length - authTagLength));
      return Buffer.concat([opened, opening.final()]);
    }
  }
}

function run(isEncrypt: boolean, name: string, key: Buffer, vector: Buffer, data: Buffer): Buffer {
  const cipher = isEncrypt ? createCipheriv(name, key, vector) : createDecipheriv(name, key, vector);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** OpenSSL counts in all 128 bits of the block; the standard lets fewer count, and the others stay. */
function counterMode(name: string, counterBits: number, { key, vector, data }: AesInput): Buffer {
  const blocks = BigInt(Math.ceil(data.length / BLOCK_BYTES));
  const size = 1n << BigInt(counterBits);
  if (blocks > size) throw new Error(`the data are longer than a counter of ${counterBits} bits can tell apart`);
  const block = BigInt(`0x${vector.toString("hex")}`);
  const untilZero = size - (block & (size - 1n));
  if (blocks <= untilZero) return run(true, name, key, vector, data);
  const split = Number(untilZero) * BLOCK_BYTES;
  const fromZero = Buffer.from((block - (block & (size - 1n))).toString(16).padStart(2 * BLOCK_BYTES, "0"), "hex");
  return Buffer.concat([
    run(true, name, key, vector, data.subarray(0, split)),
    run(true, name, key, fromZero, data.subarray(split)),
  ]);
}
