import type { LimitName } from "../limits.ts";
import type { CryptoRequest, HostCompute } from "./cryptoPort.ts";

/** Host work as it crosses an isolate's border; both sides import this file. */

/** Digest length of each hash that the platform has, bytes. */
export const HASH_BYTES = { "SHA-1": 20, "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 } as const;
export type HashName = keyof typeof HASH_BYTES;

/** Characters of a domain that is converted at most: names in the DNS have a quarter of it. */
export const DOMAIN_CHARS_MAX = 1_024;

/** A domain in ASCII; empty when it is none, or too long. A number as {@link HostCompute} has it. */
export type HostDomainToAscii = (call: number, domain: string) => string | number;

/** Fresh random bytes; else as {@link HostCompute} has it. */
export type HostRandom = (call: number) => ArrayBuffer | string | number;

/** Indexes of the Encoding Standard that an isolate asks for when it first decodes by one. */
export type EncodingIndex = "big5" | "euc-kr" | "gb18030" | "jis0208" | "jis0212";

/** An index, as 16-bit words; else as {@link HostCompute} has it. */
export type HostEncodingIndex = (call: number, index: string) => ArrayBuffer | string | number;

/** The most that goes into a compression stream at once, and the most that comes out, bytes. */
export const STEP_BYTES = 64 * 1024;
/** Iterations of one key derivation, times the blocks of output: what OWASP asks of PBKDF2 with SHA-256; 0.1–0.3 s of CPU time. */
export const DERIVATION_ITERATIONS_MAX = 600_000;
/** Output of one key derivation, bytes. */
export const DERIVED_BYTES_MAX = 1_024;

/** Formats of the Compression Standard. */
export const CODEC_FORMATS = ["brotli", "deflate", "deflate-raw", "gzip"] as const;

/** One step of a compression stream. The data come beside it. */
export interface CodecRequest {
  readonly op: "codec";
  /** The isolate's own number of the stream. */
  readonly codec: number;
  readonly mode: "compress" | "decompress";
  readonly format: (typeof CODEC_FORMATS)[number];
  /** The stream is new: it is opened. On any other step it is open, or is over. */
  readonly first: boolean;
  /** No input comes after this. */
  readonly last: boolean;
}

/** Work that an isolate does not wait for. */
export type JobRequest = CryptoRequest | CodecRequest;

/** What a job tells beside its output: of a compression stream, whether its input is used up and whether it has ended. */
export interface JobResult {
  readonly fed?: boolean;
  readonly ended?: boolean;
}

export type JobFailure = { readonly limit: LimitName; readonly used: number } | { readonly message: string };
