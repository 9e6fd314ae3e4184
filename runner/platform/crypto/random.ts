import { type Bytes, bufferOf, byteCount, newBytes, setBytesAt, viewOf } from "../bytes.ts";
import { callNow, host } from "../host.ts";

let pool = newBytes(0);
let used = 0;

/** Fills bytes from a store that the host fills, and forgets what it gave. */
export function fillRandom(target: Bytes): void {
  const wanted = byteCount(target);
  for (let at = 0; at < wanted; ) {
    if (used === byteCount(pool)) {
      pool = viewOf(host().random(callNow()));
      used = 0;
    }
    const count = Math.min(byteCount(pool) - used, wanted - at);
    const piece = viewOf(bufferOf(pool), used, count);
    setBytesAt(target, piece, at);
    for (let index = 0; index < count; index++) piece[index] = 0;
    used += count;
    at += count;
  }
}
