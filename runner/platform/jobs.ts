import type { LimitName } from "../limits.ts";
import type { JobFailure, JobRequest, JobResult } from "../worker/hostPort.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { callFor, host } from "./host.ts";
import { LimitError } from "./limitError.ts";
import { jsonParse, jsonStringify, safeMap } from "./primordials.ts";

interface Waiting {
  readonly call: number;
  resolve(done: { readonly result: JobResult; readonly output: Uint8Array<ArrayBuffer> }): void;
  reject(error: unknown): void;
}

/** The data were not what the work needs; the message says what was wrong. */
export class JobError extends Error {}

/** More than the host takes of one function: what comes on top of them is refused without asking it. */
const OUTSTANDING_MAX = 64;

const waiting = safeMap<number, Waiting>();
let lastId = 0;

/** Has work done outside of the isolate. @throws LimitError, or JobError when it cannot be done */
export function job(
  request: JobRequest,
  input: ArrayBuffer,
): Promise<{ result: JobResult; output: Uint8Array<ArrayBuffer> }> {
  const call = callFor("This work");
  if (waiting.size >= OUTSTANDING_MAX) return Promise.reject(new LimitError("hostWork", waiting.size));
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { call, resolve, reject });
    host().send(TO_HOST.job, call, id, jsonStringify(request), input);
  });
}

export function jobDone(id: number, text: string, output: ArrayBuffer | undefined): void {
  take(id)?.resolve({
    result: jsonParse(text) as JobResult,
    output: output === undefined ? new Uint8Array(0) : new Uint8Array(output),
  });
}

export function jobFailed(id: number, text: string): void {
  const failure = jsonParse(text) as JobFailure;
  take(id)?.reject(
    "limit" in failure ? new LimitError(failure.limit as LimitName, failure.used) : new JobError(failure.message),
  );
}

/** The request is over: its jobs are not heard any more. */
export function forgetJobs(call: number): void {
  for (const [id, entry] of waiting) if (entry.call === call) waiting.delete(id);
}

function take(id: number): Waiting | undefined {
  const entry = waiting.get(id);
  waiting.delete(id);
  return entry;
}
