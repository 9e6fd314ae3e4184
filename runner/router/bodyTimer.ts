import type { FunctionLimits } from "../limits.ts";

export type BodyLimits = Pick<FunctionLimits, "bodyIdleMs" | "bodyTotalMs">;

/** Watches that a body goes on, part by part and as a whole. Only the time between `run` and `pause` counts. */
export class BodyTimer {
  readonly #limits: BodyLimits;
  readonly #expired: (limit: keyof BodyLimits, usedMs: number) => void;
  #timer: NodeJS.Timeout | undefined;
  /** Time that counted before the last `run`. */
  #spentMs = 0;
  #runSinceMs = 0;
  #partAtMs = 0;

  constructor(limits: BodyLimits, expired: (limit: keyof BodyLimits, usedMs: number) => void) {
    this.#limits = limits;
    this.#expired = expired;
  }

  run(): void {
    if (this.#timer !== undefined) return;
    this.#runSinceMs = performance.now();
    this.#partAtMs = this.#runSinceMs;
    this.#arm(this.#runSinceMs);
  }

  /** A part has come or gone. */
  part(): void {
    this.#partAtMs = performance.now();
  }

  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#spentMs += performance.now() - this.#runSinceMs;
  }

  #arm(nowMs: number): void {
    const { bodyIdleMs, bodyTotalMs } = this.#limits;
    const idleMs = nowMs - this.#partAtMs;
    const totalMs = this.#spentMs + nowMs - this.#runSinceMs;
    if (idleMs >= bodyIdleMs) {
      this.#expire("bodyIdleMs", idleMs);
      return;
    }
    if (totalMs >= bodyTotalMs) {
      this.#expire("bodyTotalMs", totalMs);
      return;
    }
    this.#timer = setTimeout(
      () => this.#arm(performance.now()),
      Math.ceil(Math.min(bodyIdleMs - idleMs, bodyTotalMs - totalMs)),
    );
  }

  #expire(limit: keyof BodyLimits, usedMs: number): void {
    this.#timer = undefined;
    this.#expired(limit, usedMs);
  }
}
