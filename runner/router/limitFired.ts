import type { Log } from "../log.ts";
import type { LimitEvent } from "../protocol/messages.ts";
import type { FunctionManifest } from "../release/types.ts";
import type { Metrics } from "./metrics.ts";
import { traceIds } from "./traceContext.ts";

/** Counts a limit that fired, and writes its line. */
export function limitFired(
  { metrics, log }: { readonly metrics: Metrics; readonly log: Log },
  manifest: FunctionManifest,
  { limit, value, used, requestId, traceparent }: Omit<LimitEvent, "key">,
): void {
  const { name, version } = manifest;
  metrics.of(manifest).add("edge_runner_limits_fired_total", { limit });
  log("warn", "a limit fired", { function: name, version, requestId, ...traceIds(traceparent), limit, value, used });
}
