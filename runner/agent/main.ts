/** The agent of a node: `node runner/agent/main.ts <agent.json>`. Brings releases from the store to the runner. */
import type { AddressInfo } from "node:net";
import { jsonLog, type Log } from "../log.ts";
import { openStore } from "../release/openStore.ts";
import type { ReplicaMiss } from "../release/s3/replicas.ts";
import { listenAdmin } from "./admin.ts";
import { Agent } from "./agent.ts";
import { listenForCommands } from "./cache/commandServer.ts";
import { Certificates } from "./certificates/certificates.ts";
import type { ManagedConfig } from "./certificates/config.ts";
import { readAgentConfig } from "./config.ts";
import { ControlReplay } from "./controlReplay.ts";
import { Door } from "./door/door.ts";
import { LocalReleases } from "./localReleases.ts";
import type { MachineConfig } from "./machine/config.ts";
import { Ending } from "./machine/ending.ts";
import { AgentMetrics } from "./metrics.ts";
import { Pointer } from "./pointer.ts";
import { RunnerControl } from "./runnerControl.ts";
import { nodeScheduler } from "./schedules/nodeScheduler.ts";
import { SecretKeeper } from "./secrets/keeper.ts";
import { siblingList } from "./siblings/siblingList.ts";
import { Siblings } from "./siblings/siblings.ts";
import { Traffic } from "./traffic/traffic.ts";
import { TrustedKeys } from "./trustedKeys.ts";

/** Whatever is under way then is left as after a kill, which the next start copes with. */
const STOP_WITHIN_MS = 800;

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<void> {
  const [file] = args;
  if (file === undefined || args.length !== 1) throw new Error("usage: node runner/agent/main.ts <agent.json>");
  const config = readAgentConfig(file);
  const log = jsonLog({ process: "agent", node: config.node, region: config.region });
  const metrics = new AgentMetrics();
  const { certificates: bring } = config;
  const certificates = bring && new Certificates({ config: bring, metrics, log });
  const managed = bring?.managed ? await managedCertificates(bring.managed, { metrics, log }) : null;
  // HAProxy starts when the agent is there, and not without a certificate and its maps.
  await managed?.fetch();
  await certificates?.look();
  const door = config.door === null ? null : new Door({ config: config.door, region: config.region, metrics, log });
  await door?.open();
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      stop.abort();
      setTimeout(() => process.exit(0), STOP_WITHIN_MS).unref();
    });
  }
  const { address, replicas } = config.store;
  const onReplicaMiss = (why: ReplicaMiss) => metrics.add("replica_misses_total", why);
  const store = await openStore(address, { replicas, onReplicaMiss });
  const runner = new RunnerControl(config.control, stop.signal);
  const scheduler = nodeScheduler({ config, store, runner, metrics, log });
  const local = new LocalReleases(config.releasesDir);
  const trusted = new TrustedKeys(config, log);
  const traffic = new Traffic({ config, store, runner, door, trusted, metrics, log });
  const { releasesDir, cache } = config;
  const purgeSocket = cache?.purge ?? null;
  const control = new ControlReplay({ store, releasesDir, purgeSocket, runner, trusted, metrics, log });
  const pointer = new Pointer({ store, metrics, log });
  const { region } = config;
  const secrets = config.secrets && new SecretKeeper({ config: config.secrets, region, runner, metrics, log });
  const agent = new Agent({
    ...{ config, store, pointer, control, trusted, local, runner, scheduler, traffic, secrets, metrics, log },
  });
  // HAProxy starts when the agent answers: by then the cache has forgotten what it should while the node was away.
  await agent.open();
  const admin = await listenAdmin(config.admin, { metrics, door });
  const { port } = admin.address() as AddressInfo;
  log("info", "agent started", { store: store.where, admin: `${config.admin.host}:${port}` });
  const commands = config.cache && (await listenForCommands(config.cache, { metrics, log }));
  const { farm } = config;
  const siblingsKept =
    farm && new Siblings({ config: farm, list: await siblingList(config, farm), metrics, log }).run(stop.signal);
  const haproxy = config.door?.routes ?? null;
  const certificateEnd = () => certificates?.firstEnd() ?? null;
  const watched = config.machine && (await machineParts(config.machine, { haproxy, certificateEnd, metrics, log }));
  await Promise.all([
    agent.run(stop.signal),
    certificates?.run(stop.signal),
    managed?.run(stop.signal),
    secrets?.run(stop.signal),
    siblingsKept,
    ...(watched ?? []).map((part) => part.run(stop.signal)),
  ]);
  for (const server of [admin, commands]) {
    server?.closeAllConnections();
    server?.close();
  }
  log("info", "agent stopped");
}

/** What the agent of a machine in the cloud looks after besides; loaded there alone. */
async function machineParts(
  machine: MachineConfig,
  parts: {
    readonly haproxy: string | null;
    readonly certificateEnd: () => number | null;
    readonly metrics: AgentMetrics;
    readonly log: Log;
  },
) {
  const { Publisher } = await import("./machine/publisher.ts");
  return [new Publisher({ machine, ...parts }), new Ending({ metadata: machine.metadata, ...parts })];
}

/** Loaded where it is asked for: other nodes do without the cloud's client. */
async function managedCertificates(
  managed: ManagedConfig,
  parts: { readonly metrics: AgentMetrics; readonly log: Log },
) {
  const { ManagedCertificates } = await import("./certificates/managedCertificates.ts");
  return new ManagedCertificates({ managed, ...parts });
}
