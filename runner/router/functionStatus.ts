import type { Deployment } from "./deployment.ts";
import type { Place } from "./health/functionHealth.ts";

/** How a function is on this node. */
export interface NodeFunctionStatus {
  /** The version that serves; null for one that is being deployed for the first time. */
  readonly version: string | null;
  readonly status: "active" | "deploying" | "disabled" | "quarantined";
  /** The version that is being tried. */
  readonly next?: string;
  /** Where it runs. */
  readonly place?: Place;
  /** Why it is disabled, quarantined or in a private worker. */
  readonly reason?: string;
  /** Seconds until a quarantine ends. */
  readonly leftSeconds?: number;
}

interface Known {
  readonly deployment: Deployment | undefined;
  /** Version of the release that is being tried. */
  readonly next: string | undefined;
  readonly disabledReason: string | undefined;
  readonly nowMs: number;
}

/** The gravest thing that is known of a function comes first. */
export function functionStatus({ deployment, next, disabledReason, nowMs }: Known): NodeFunctionStatus {
  const common = { version: deployment?.manifest.version ?? null, ...(next !== undefined && { next }) };
  if (disabledReason !== undefined) return { ...common, status: "disabled", reason: disabledReason };
  if (deployment === undefined) return { ...common, status: "deploying" };
  const { place, reason, untilMs } = deployment.health;
  const why = { place, ...(reason !== undefined && { reason }) };
  if (place === "quarantined" && untilMs !== undefined && untilMs > nowMs) {
    return { ...common, ...why, status: "quarantined", leftSeconds: Math.ceil((untilMs - nowMs) / 1_000) };
  }
  return { ...common, ...why, status: next === undefined ? "active" : "deploying" };
}
