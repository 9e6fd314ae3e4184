import { setImmediate } from "node:timers/promises";

/** Longest turn, ms: a request that waits meanwhile hardly notices. */
const TURN_MS = 5;

/** Takes all steps, letting other work in between. @returns what `steps` returns. */
export async function inTurns<Result>(steps: Generator<unknown, Result>): Promise<Result> {
  let turnMs = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as Result;
    if (performance.now() - turnMs < TURN_MS) continue;
    await setImmediate();
    turnMs = performance.now();
  }
}

/** Takes all steps at once. */
export function atOnce<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value as Result;
  }
}
