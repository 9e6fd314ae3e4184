import { generateKeyPairSync, type KeyObject, pbkdf2Sync, sign, verify } from "node:crypto";
import type { CryptoRequest, KeyKind } from "../../cryptoPort.ts";
import { HASH_BYTES, type HashName } from "../../hostPort.ts";
import { digest, NODE_HASHES } from "../hashes.ts";

/** What any work costs, however little it is, ms. */
const START_MS = 0.01;
const PROBE_BYTES = 128 * 1024;
const PROBE_ITERATIONS = 1_000;
const PROBES = 5;

/**
 * Work with asymmetric keys, in verifications of an Ed25519 signature: how these relate depends less on the machine than how
 * long they take. Making an RSA key takes a time that luck decides; this is the mean.
 */
const UNITS = {
  quick: 1,
  "P-384": 8,
  "P-521": 20,
  rsaPublic: { units: 0.25, exponent: 2 },
  rsaPrivate: { units: 3, exponent: 3 },
  rsaGenerate: { units: 1_000, exponent: 3 },
} as const;
/** The modulus that those of RSA are for, bits. */
const RSA_REFERENCE_BITS = 2_048;
/** A public exponent as long as the modulus costs as many multiplications. */
const USUAL_EXPONENT_BITS = 17;

const rates = new Map<string, number>();

/** CPU time that the work takes on this machine, ms. @param key of asymmetric work, the key it is done with */
export function costMs(request: CryptoRequest, inputBytes: number, key?: KeyObject): number {
  switch (request.op) {
    case "digest":
    case "hmac":
      return hashCostMs(request.hash, inputBytes);
    case "pbkdf2":
      return derivationCostMs(request.hash, request.iterations, request.bytes);
    case "hkdf": {
      const blocks = 2 + Math.ceil(request.bytes / HASH_BYTES[request.hash]);
      return hashCostMs(request.hash, 2 * inputBytes + blocks * 256);
    }
    case "sign":
    case "verify":
      return (
        keyCostMs(key) +
        (request.scheme === "Ed25519" ? hashCostMs("SHA-512", 2 * inputBytes) : hashCostMs(request.hash, inputBytes))
      );
    case "encrypt":
    case "decrypt":
      // AES is as quick as hashing, or quicker.
      return request.cipher === "RSA-OAEP" ? keyCostMs(key) : hashCostMs("SHA-256", inputBytes);
    case "agree":
      return keyCostMs(key);
    case "generate":
      if (request.kind === "RSA") return rsaUnits("rsaGenerate", request.modulusBits as number) * unitMs();
      return kindUnits(request.kind) * unitMs();
    case "import": {
      // A PKCS#8 key may come without its public half, which is then made and checked.
      const units = request.isPrivate ? kindUnits(request.kind) : UNITS.quick;
      return START_MS + units * (request.format === "pkcs8" && units > UNITS.quick ? 2 : 1) * unitMs();
    }
    case "export":
      return START_MS + UNITS.quick * unitMs();
  }
}

function kindUnits(kind: KeyKind): number {
  return kind === "P-384" || kind === "P-521" ? UNITS[kind] : UNITS.quick;
}

function keyCostMs(key: KeyObject | undefined): number {
  if (key?.asymmetricKeyType === "rsa") {
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
    if (key.type === "private") return rsaUnits("rsaPrivate", modulusLength) * unitMs();
    const factor = Math.max(1, publicExponent.toString(2).length / USUAL_EXPONENT_BITS);
    return rsaUnits("rsaPublic", modulusLength) * factor * unitMs();
  }
  const curve = key?.asymmetricKeyDetails?.namedCurve;
  return (curve === "secp384r1" ? UNITS["P-384"] : curve === "secp521r1" ? UNITS["P-521"] : UNITS.quick) * unitMs();
}

function rsaUnits(work: "rsaPublic" | "rsaPrivate" | "rsaGenerate", bits: number): number {
  const { units, exponent } = UNITS[work];
  return units * (bits / RSA_REFERENCE_BITS) ** exponent;
}

function unitMs(): number {
  return measured("Ed25519", 1, () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const data = Buffer.alloc(32);
    const signature = sign(null, data, privateKey);
    return () => verify(null, data, publicKey, signature);
  });
}

function hashCostMs(hash: HashName, bytes: number): number {
  const rate = measured(hash, PROBE_BYTES, () => {
    const probe = Buffer.alloc(PROBE_BYTES);
    return () => digest(hash, probe);
  });
  return START_MS + bytes * rate;
}

/** A key derivation: as many iterations for each started block of the hash's length. */
function derivationCostMs(hash: HashName, iterations: number, bytes: number): number {
  const rate = measured(`PBKDF2 ${hash}`, PROBE_ITERATIONS, () => () => {
    pbkdf2Sync("", "", PROBE_ITERATIONS, 1, NODE_HASHES[hash]);
  });
  return START_MS + iterations * Math.ceil(bytes / HASH_BYTES[hash]) * rate;
}

/** Measured once, the shortest of some runs: what a job takes on the clock says more about the machine's load than about the job. */
function measured(what: string, units: number, prepare: () => () => unknown): number {
  const known = rates.get(what);
  if (known !== undefined) return known;
  const run = prepare();
  let shortestMs = Number.POSITIVE_INFINITY;
  for (let index = 0; index < PROBES; index++) {
    const startedMs = performance.now();
    run();
    shortestMs = Math.min(shortestMs, performance.now() - startedMs);
  }
  const rate = shortestMs / units;
  rates.set(what, rate);
  return rate;
}
