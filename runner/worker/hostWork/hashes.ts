import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { HASH_BYTES, type HashName } from "../hostPort.ts";

/** Node's names of the hashes. */
export const NODE_HASHES: Readonly<Record<HashName, string>> = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

/** What any hash costs, however little it hashes, ms. */
const START_MS = 0.01;
const PROBE_BYTES = 128 * 1024;
const PROBE_ITERATIONS = 1_000;
const PROBES = 5;

const perByteMs = new Map<HashName, number>();
const perIterationMs = new Map<HashName, number>();

export function isHash(name: unknown): name is HashName {
  return typeof name === "string" && Object.hasOwn(HASH_BYTES, name);
}

/** CPU time that hashing so many bytes takes on this machine, ms. */
export function hashCostMs(hash: HashName, bytes: number): number {
  const rate = measured(perByteMs, hash, () => digest(hash, Buffer.alloc(PROBE_BYTES)), PROBE_BYTES);
  return START_MS + bytes * rate;
}

/** CPU time of a key derivation: as many iterations for each started block of the hash's length, ms. */
export function derivationCostMs(hash: HashName, iterations: number, bytes: number): number {
  const node = NODE_HASHES[hash];
  const rate = measured(perIterationMs, hash, () => pbkdf2Sync("", "", PROBE_ITERATIONS, 1, node), PROBE_ITERATIONS);
  return START_MS + iterations * Math.ceil(bytes / HASH_BYTES[hash]) * rate;
}

export function digest(hash: HashName, data: Uint8Array): Buffer {
  return createHash(NODE_HASHES[hash]).update(data).digest();
}

export function hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac(NODE_HASHES[hash], key).update(data).digest();
}

/** Measured once, the shortest of some runs: what a job takes on the clock says more about the machine's load than about the job. */
function measured(rates: Map<HashName, number>, hash: HashName, run: () => unknown, units: number): number {
  const known = rates.get(hash);
  if (known !== undefined) return known;
  let shortestMs = Number.POSITIVE_INFINITY;
  for (let index = 0; index < PROBES; index++) {
    const startedMs = performance.now();
    run();
    shortestMs = Math.min(shortestMs, performance.now() - startedMs);
  }
  const rate = shortestMs / units;
  rates.set(hash, rate);
  return rate;
}
