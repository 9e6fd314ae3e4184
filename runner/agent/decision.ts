import type { Current } from "../release/types.ts";

/** A pointer that was not taken. */
export interface Refusal {
  readonly pointer: Current;
  /** A ReleaseFault, for the metric. */
  readonly code: string;
  readonly reason: string;
  /** When to try the same pointer again, on the monotonic clock; infinity when that cannot help. */
  readonly retryAtMs: number;
  readonly attempts: number;
}

export type Decision = "idle" | "apply" | "replayed";

/** What to do about the store's pointer, given what the runner serves. */
export function decide(state: {
  readonly served: Current | null;
  /** Whether the node's copy of what it serves is undamaged. */
  readonly whole: boolean;
  readonly pointer: Current | null;
  readonly refusal: Refusal | null;
  readonly nowMs: number;
}): Decision {
  const { served, whole, pointer, refusal, nowMs } = state;
  if (pointer === null) return "idle";
  if (refusal !== null && samePointer(refusal.pointer, pointer) && nowMs < refusal.retryAtMs) return "idle";
  if (served === null || pointer.generation > served.generation) return "apply";
  if (!samePointer(pointer, served)) return "replayed";
  return whole ? "idle" : "apply";
}

export function samePointer(a: Current, b: Current): boolean {
  return a.generation === b.generation && a.release === b.release && a.sha256 === b.sha256;
}

/** How long to wait before the next attempt: doubling from `firstMs` to `mostMs`. */
export function backOffMs(attempts: number, { firstMs, mostMs }: { firstMs: number; mostMs: number }): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(attempts, 30));
}
