import type { BindingFigures } from "../protocol/messages.ts";
import type { DeploymentOf } from "./egressMetrics.ts";
import type { Metrics } from "./metrics.ts";

/** Adds what the broker tells of bindings. */
export function countBindings(metrics: Metrics, deploymentOf: DeploymentOf, all: readonly BindingFigures[]): void {
  for (const { key, kind, counts, buckets, seconds } of all) {
    const manifest = deploymentOf(key)?.manifest;
    if (manifest === undefined) continue;
    const of = metrics.of(manifest);
    for (const [operation, outcome, count] of counts) {
      of.add("edge_runner_binding_operations_total", { kind, operation, outcome }, count);
    }
    of.merge("edge_runner_binding_operation_duration_seconds", { kind }, buckets, seconds);
  }
}
