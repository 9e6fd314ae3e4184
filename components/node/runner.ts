import type { IsolatePoolConfig, RunnerConfig } from "@edge-fleet/runner/config";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";

/** A worker that holds more than this is replaced, MB: 50 isolates of 1.4–3.3 MB beside Node itself, and room. */
const WORKER_RSS_MB = 512;
const ISOLATES: IsolatePoolConfig = { max: 50, idleMs: 5 * 60_000, spare: 2 };
/** Functions of one node that may have a process of their own at once. */
const PRIVATE_WORKERS = 4;

/** `runner.json`: what the runner's supervisor is started with. */
export function renderRunner(node: NodeConfig, layout: NodeLayout): string {
  const config: RunnerConfig = {
    node: node.name,
    region: node.region,
    data: `${layout.run}/router.sock`,
    control: `${layout.run}/control.sock`,
    admin: { host: node.address, port: node.ports.runnerAdmin },
    runDir: `${layout.run}/runner`,
    releasesDir: `${layout.data}/releases`,
    cacheDir: `${layout.data}/cache`,
    stateDir: `${layout.data}/state`,
    workers: node.size.workers,
    privateWorkers: PRIVATE_WORKERS,
    workerRssMb: WORKER_RSS_MB,
    isolates: ISOLATES,
    secretsDir: layout.secrets,
    origins: node.origins.map(({ host, port }) => ({ host, port })),
    denied: [node.address],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
