import { REASON_LENGTH_MAX } from "../release/ack.ts";
import type { ReleaseVerdict } from "../release/control.ts";
import { ReleaseError, type ReleaseFault } from "../release/errors.ts";
import type { Ack } from "../release/types.ts";
import type { Refusal } from "./decision.ts";
import type { Pointer } from "./pointer.ts";

/** What a runner found wrong, for people. */
export function refusalReason(verdict: ReleaseVerdict): string {
  if (verdict.reason !== undefined) return verdict.reason;
  const reasons = Object.entries(verdict.functions).flatMap(([name, { status, reason }]) =>
    status === "refused" ? [`${name}: ${reason ?? "refused"}`] : [],
  );
  return reasons.length === 0 ? "gave no reason" : reasons.join("; ");
}

/** The fault's code, for the metric. */
export function codeOf(error: unknown): ReleaseFault {
  return error instanceof ReleaseError ? error.code : "ERR_RELEASE_STORE";
}

/** What the node does not take, for its ack; null when it is up to date. */
export function refusedNow({ newer }: Pointer, refusal: Refusal | null): Ack["refused"] {
  if (newer !== null) return { generation: newer.generation, reason: newer.reason.slice(0, REASON_LENGTH_MAX) };
  return refusal && { generation: refusal.pointer.generation, reason: refusal.reason };
}
