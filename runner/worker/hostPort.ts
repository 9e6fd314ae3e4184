import type { LimitName } from "../limits.ts";

/** Host work as it crosses an isolate's border; both sides import this file. */

/** Digest length of each hash that the platform has, bytes. */
export const HASH_BYTES = { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 } as const;
export type HashName = keyof typeof HASH_BYTES;

/** Small work that an isolate waits for. */
export const COMPUTE = { digest: 1, sign: 2 } as const;
/** Key and data of such work together at most, bytes; more is a job. */
export const COMPUTE_BYTES_MAX = 64 * 1024;

/**
 * Does small work while the isolate waits.
 *
 * @returns the bytes; or, when the request would be over its limit by it, the CPU time that it would have used, ms.
 */
export type HostCompute = (
  call: number,
  operation: number,
  hash: string,
  key: ArrayBuffer,
  data: ArrayBuffer,
) => ArrayBuffer | number;

/** Characters of a domain that is converted at most: names in the DNS have a quarter of it. */
export const DOMAIN_CHARS_MAX = 1_024;

/** A domain in ASCII; empty when it is none, or too long. */
export type HostDomainToAscii = (call: number, domain: string) => string;

/** The most that goes into a compression stream at once, and the most that comes out, bytes. */
export const STEP_BYTES = 64 * 1024;
/** Iterations of one key derivation, times the blocks of output: what OWASP asks of PBKDF2 with SHA-256; 0.1–0.3 s of CPU time. */
export const DERIVATION_ITERATIONS_MAX = 600_000;
/** Output of one key derivation, bytes. */
export const DERIVED_BYTES_MAX = 1_024;

/** Work that an isolate does not wait for. The data come beside it; before them the key, or the salt. */
export type JobRequest =
  | { readonly op: "digest"; readonly hash: HashName }
  | { readonly op: "sign"; readonly hash: HashName; readonly keyBytes: number }
  | {
      readonly op: "derive";
      readonly hash: HashName;
      readonly saltBytes: number;
      readonly iterations: number;
      readonly bytes: number;
    }
  | {
      readonly op: "codec";
      /** The isolate's own number of the stream. */
      readonly codec: number;
      readonly mode: "compress" | "decompress";
      readonly format: "gzip" | "deflate" | "deflate-raw";
      /** No input comes after this. */
      readonly last: boolean;
    };

/** What a job tells beside its output: of a compression stream, whether its input is used up and whether it has ended. */
export interface JobResult {
  readonly fed?: boolean;
  readonly ended?: boolean;
}

export type JobFailure = { readonly limit: LimitName; readonly used: number } | { readonly message: string };
