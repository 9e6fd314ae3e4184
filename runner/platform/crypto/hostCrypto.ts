import { type CryptoRequest, isQuick, PAIR_HEAD_BYTES } from "../../worker/cryptoPort.ts";
import { type Bytes, bufferOf, byteCount, firstBytes, joinedBytes, viewOf } from "../bytes.ts";
import { host, payerFor } from "../host.ts";
import { JobError, job } from "../jobs.ts";
import { paidFor } from "../limitError.ts";
import { plainJson, plainList } from "../primordials.ts";
import { operationError } from "./errors.ts";

type WithoutSizes<Request> = Request extends unknown ? Omit<Request, "sizes"> : never;
/** Quick work gives its result at once. */
export type Soon<T> = T | Promise<T>;

interface Reading<T> {
  /** Makes the result of the output. Bytes of keys go nowhere else: a promise could be listened to. */
  read(output: Bytes): Soon<T>;
  /** The error when the work cannot be done; an OperationError if it is not given. */
  failed?(message: string): Error;
}

/** Has the host do it: what is quick while the caller waits, the rest as a job. */
export function hostCrypto<T>(
  request: WithoutSizes<CryptoRequest>,
  parts: readonly Bytes[],
  { read, failed = operationError }: Reading<T>,
): Soon<T> {
  const sizes = plainList<number>();
  for (let index = 0; index < parts.length - 1; index++) sizes[index] = byteCount(parts[index] as Bytes);
  const whole = { __proto__: null, ...request, sizes } as unknown as CryptoRequest;
  const input = joinedBytes(parts);
  if (isQuick(whole, byteCount(input))) {
    const made = paidFor(host().compute(payerFor("crypto.subtle"), plainJson(whole), bufferOf(input)));
    if (typeof made === "string") throw failed(made);
    return read(viewOf(made));
  }
  return new Promise<T>((resolve, reject) => {
    job(whole, bufferOf(input), {
      done(_result, output) {
        try {
          resolve(read(output));
        } catch (error) {
          reject(error);
        }
      },
      failed: (error) => reject(error instanceof JobError ? failed(error.message) : error),
    });
  });
}

/** The two outputs of work that has a pair of them; no array, for taking one apart is done by an iterator that a function may change. */
export function pairOf(output: Bytes): { first: Bytes; second: Bytes } {
  let size = 0;
  for (let index = PAIR_HEAD_BYTES - 1; index >= 0; index--) size = size * 256 + (output[index] as number);
  const start = PAIR_HEAD_BYTES + size;
  const rest = byteCount(output) - start;
  const buffer = bufferOf(output);
  return {
    first: firstBytes(viewOf(buffer, PAIR_HEAD_BYTES), size),
    second: firstBytes(viewOf(buffer, start), rest),
  };
}
