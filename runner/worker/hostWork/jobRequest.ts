import { DERIVATION_ITERATIONS_MAX, DERIVED_BYTES_MAX, HASH_BYTES, type JobRequest } from "../hostPort.ts";
import { isCodec } from "./codec.ts";
import { isHash } from "./hashes.ts";

/** An isolate can send anything: what is no job is undefined. @param bodyBytes size of what came with it. */
export function parseJob(text: string, bodyBytes: number): JobRequest | undefined {
  let job: JobRequest;
  try {
    job = JSON.parse(text) as JobRequest;
  } catch {
    return undefined;
  }
  switch (job?.op) {
    case "digest":
      return isHash(job.hash) ? job : undefined;
    case "sign":
      return isHash(job.hash) && isCount(job.keyBytes, bodyBytes) ? job : undefined;
    case "derive": {
      const { hash, saltBytes, iterations, bytes } = job;
      if (!isHash(hash) || !isCount(saltBytes, bodyBytes) || !isCount(bytes, DERIVED_BYTES_MAX) || bytes === 0)
        return undefined;
      const blocks = Math.ceil(bytes / HASH_BYTES[hash]);
      return isCount(iterations * blocks, DERIVATION_ITERATIONS_MAX) && iterations > 0 ? job : undefined;
    }
    case "codec":
      return isCodec(job.mode, job.format) && isCount(job.codec, Number.MAX_SAFE_INTEGER) ? job : undefined;
    default:
      return undefined;
  }
}

function isCount(value: unknown, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
}
