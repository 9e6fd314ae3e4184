import { join } from "node:path";
import type { Log } from "../../log.ts";
import { FolderLeases } from "../../release/folderLeases.ts";
import type { LeaseStore } from "../../release/leases.ts";
import type { AgentConfig } from "../config.ts";
import type { AgentMetrics } from "../metrics.ts";
import type { RunnerControl } from "../runnerControl.ts";
import { Scheduler } from "./scheduler.ts";

/** The scheduler of a node. Leases that nobody else contends for are the node's own, and need no store. */
export function nodeScheduler(parts: {
  readonly config: Pick<AgentConfig, "node" | "region" | "releasesDir">;
  readonly store: LeaseStore;
  readonly runner: Pick<RunnerControl, "run">;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}): Scheduler {
  const { config, store, runner, metrics, log } = parts;
  const own = new FolderLeases(join(config.releasesDir, "leases"));
  return new Scheduler({
    node: config.node,
    region: config.region,
    leases: { fleet: store, region: store, node: own },
    run: (order, signal) => runner.run(order, signal),
    clock: { wallMs: () => Date.now(), monotonicMs: () => performance.now() },
    metrics,
    log,
  });
}
