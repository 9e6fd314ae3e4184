import { callNow, host } from "./host.ts";
import { subtle } from "./subtle.ts";

/** Bytes that one call may ask for, as in browsers. */
const BYTES_MAX = 65_536;

let pool = new Uint8Array();
let used = 0;

function randomBytes(target: Uint8Array): void {
  for (let at = 0; at < target.length; ) {
    if (used === pool.length) {
      pool = new Uint8Array(host().random(callNow()));
      used = 0;
    }
    const count = Math.min(pool.length - used, target.length - at);
    target.set(pool.subarray(used, used + count), at);
    pool.fill(0, used, used + count);
    used += count;
    at += count;
  }
}

export const crypto = {
  subtle,
  getRandomValues<T>(array: T): T {
    if (
      !ArrayBuffer.isView(array) ||
      array instanceof Float32Array ||
      array instanceof Float64Array ||
      array instanceof DataView
    ) {
      throw new DOMException("getRandomValues takes an array of integers", "TypeMismatchError");
    }
    if (array.byteLength > BYTES_MAX) {
      throw new DOMException(`getRandomValues gives at most ${BYTES_MAX} bytes at once`, "QuotaExceededError");
    }
    randomBytes(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  },
  randomUUID(): string {
    const bytes = new Uint8Array(16);
    randomBytes(bytes);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    let hex = "";
    for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
};
