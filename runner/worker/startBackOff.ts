import type { Failure } from "../errors.ts";
import type { StartError } from "./sandbox.ts";

const FIRST_MS = 250;
const LONGEST_MS = 30_000;

/** When a version whose start failed is started again: later and later, until a start succeeds. Times are of the monotonic clock, ms. */
export class StartBackOff {
  #failures = 0;
  #untilMs = 0;
  #last: StartError | undefined;

  failed(error: StartError, nowMs: number): void {
    this.#last = error;
    this.#untilMs = nowMs + Math.min(FIRST_MS * 2 ** this.#failures, LONGEST_MS);
    this.#failures++;
  }

  succeeded(): void {
    this.#last = undefined;
    this.#failures = 0;
  }

  /** Why it is not started now; undefined when it may be. */
  refusal(nowMs: number): StartError | undefined {
    return nowMs < this.#untilMs ? this.#last : undefined;
  }

  /** The answer for a request that the start of `error` was for. */
  answer({ failure }: StartError, nowMs: number): Failure {
    return { ...failure, retryAfterSeconds: Math.max(1, Math.ceil((this.#untilMs - nowMs) / 1_000)) };
  }
}
