import { createHash, createHmac } from "node:crypto";
import { HASH_BYTES, type HashName } from "../hostPort.ts";

/** Node's names of the hashes. */
export const NODE_HASHES: Readonly<Record<HashName, string>> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

export function isHash(name: unknown): name is HashName {
  return typeof name === "string" && Object.hasOwn(HASH_BYTES, name);
}

export function digest(hash: HashName, data: Uint8Array): Buffer {
  return createHash(NODE_HASHES[hash]).update(data).digest();
}

export function hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac(NODE_HASHES[hash], key).update(data).digest();
}
