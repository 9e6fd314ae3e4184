import type { ReleaseVerdict } from "../release/control.ts";
import { ReleaseError, type ReleaseFault } from "../release/errors.ts";

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
