import type { RunnerConfig } from "@edge-fleet/runner/config";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";

/** `runner.json`: what the runner's supervisor is started with. */
export function renderRunner(node: NodeConfig, layout: NodeLayout): string {
  const { workers, privateWorkers, workerRssMb, isolates } = node.size;
  const config: RunnerConfig = {
    node: node.name,
    region: node.region,
    domain: node.domain,
    data: `${layout.run}/router.sock`,
    control: `${layout.run}/control.sock`,
    admin: { host: node.address, port: node.ports.runnerAdmin },
    runDir: layout.workers,
    releasesDir: `${layout.data}/releases`,
    cacheDir: `${layout.data}/cache`,
    stateDir: `${layout.data}/state`,
    workers,
    privateWorkers,
    workerRssMb,
    // One by one: the engine gives objects back with their keys in another order.
    isolates: { max: isolates.max, idleMs: isolates.idleMs, spare: isolates.spare },
    secretsDir: layout.secrets,
    origins: [...node.origins, ...node.containers].map(({ host, port }) => ({ host, port })),
    postgres: node.postgres.map(({ name, url, ca, tls, connections }) => ({ name, url, ca, tls, connections })),
    redis: node.redis.map(({ name, url, ca, tls, prefix }) => ({ name, url, ca, tls, prefix })),
    denied: [node.address],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
