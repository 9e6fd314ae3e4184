import type { LimitName } from "../limits.ts";
import type { JobFailure, JobRequest, JobResult } from "../worker/hostPort.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { newBytes, viewOf } from "./bytes.ts";
import { callFor, host } from "./host.ts";
import { LimitError } from "./limitError.ts";
import { jsonParse, plainJson, safeMap } from "./primordials.ts";

/** Who hears what becomes of a job: in the entry that tells it, so that nothing of it passes through a promise. */
export interface JobListener {
  done(result: JobResult, output: Uint8Array<ArrayBuffer>): void;
  /** @param error a LimitError, or a JobError when the work cannot be done */
  failed(error: unknown): void;
}

/** The data were not what the work needs; the message says what was wrong. */
export class JobError extends Error {}

/** More than the host takes of one function: what comes on top of them is refused without asking it. */
const OUTSTANDING_MAX = 64;

const waiting = safeMap<number, JobListener & { readonly call: number }>();
let lastId = 0;

/** Has work done outside of the isolate. */
export function job(request: JobRequest, input: ArrayBuffer, { done, failed }: JobListener): void {
  const call = callFor("This work");
  if (waiting.size >= OUTSTANDING_MAX) {
    failed(new LimitError("hostWork", waiting.size));
    return;
  }
  const id = ++lastId;
  waiting.set(id, { call, done, failed });
  host().send(TO_HOST.job, call, id, plainJson(request), input);
}

export function jobDone(id: number, text: string, output: ArrayBuffer | undefined): void {
  take(id)?.done(jsonParse(text) as JobResult, output === undefined ? newBytes(0) : viewOf(output));
}

export function jobFailed(id: number, text: string): void {
  const failure = jsonParse(text) as JobFailure;
  take(id)?.failed(
    "limit" in failure ? new LimitError(failure.limit as LimitName, failure.used) : new JobError(failure.message),
  );
}

/** The request is over: its jobs are not heard any more. */
export function forgetJobs(call: number): void {
  waiting.forEach((entry, id) => {
    if (entry.call === call) waiting.delete(id);
  });
}

function take(id: number): JobListener | undefined {
  const entry = waiting.get(id);
  waiting.delete(id);
  return entry;
}
