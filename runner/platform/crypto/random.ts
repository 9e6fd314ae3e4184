import { type Bytes, bufferOf, byteCount, newBytes, setBytesAt, viewOf } from "../bytes.ts";
import { host, payerFor } from "../host.ts";
import { paidFor } from "../limitError.ts";

let pool = newBytes(0);
let used = 0;

/** Fills bytes from a store that the host fills, and forgets what it gave. @throws LimitError, or Error when the request is over */
export function fillRandom(target: Bytes): void {
  const payer = payerFor("crypto");
  const wanted = byteCount(target);
  for (let at = 0; at < wanted; ) {
    if (used === byteCount(pool)) {
      const filled = paidFor(host().random(payer));
      if (typeof filled === "string") throw new Error(`crypto has no random numbers: ${filled}`);
      pool = viewOf(filled);
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
