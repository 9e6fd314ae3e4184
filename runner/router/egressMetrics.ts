import type { EgressFigures } from "../protocol/messages.ts";
import type { FunctionManifest } from "../release/types.ts";
import type { Metrics } from "./metrics.ts";

const OUTCOMES = ["answered", "failed", "timedOut", "cancelled"] as const;
const UNKNOWN = { function: "", version: "" };

export type DeploymentOf = (key: number) => { readonly manifest: FunctionManifest } | undefined;

/** Adds what the broker tells of sub-requests. */
export function countEgress(metrics: Metrics, deploymentOf: DeploymentOf, all: readonly EgressFigures[]): void {
  for (const figures of all) {
    const manifest = deploymentOf(figures.key)?.manifest;
    if (manifest === undefined) {
      for (const [reason, count] of Object.entries(figures.refusals)) {
        metrics.add("edge_runner_sub_request_refusals_total", { ...UNKNOWN, reason }, count);
      }
      continue;
    }
    const of = metrics.of(manifest);
    for (const outcome of OUTCOMES) {
      if (figures[outcome] > 0) of.add("edge_runner_sub_requests_total", { outcome }, figures[outcome]);
    }
    for (const [reason, count] of Object.entries(figures.refusals)) {
      of.add("edge_runner_sub_requests_total", { outcome: "refused" }, count);
      of.add("edge_runner_sub_request_refusals_total", { reason }, count);
    }
    of.add("edge_runner_egress_bytes_total", { direction: "out" }, figures.sentBytes);
    of.add("edge_runner_egress_bytes_total", { direction: "in" }, figures.receivedBytes);
  }
}
