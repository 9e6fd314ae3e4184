import { createServer } from "node:net";
import { join } from "node:path";
import {
  compilerSlot,
  functionSocket,
  grantSocket,
  type RunnerConfig,
  routerSocket,
  slotCountWithPrivate,
  supervisorSocket,
} from "../config.ts";
import { jsonLog, stdoutLines } from "../log.ts";
import { Link } from "../protocol/link.ts";
import { listenOnSocket, WORKER_SOCKET_MODE } from "../protocol/listen.ts";
import type { Frame } from "../protocol/messages.ts";
import type { Death, Layers, LinesDropped } from "../supervisor/messages.ts";
import { ParentPipe } from "../supervisor/parentPipe.ts";
import { BEAT_MS } from "../supervisor/stuckness.ts";
import { newAdminServer } from "./adminServer.ts";
import { countBindings } from "./bindingMetrics.ts";
import { BrokerGrants } from "./brokerGrants.ts";
import { systemClock } from "./clock.ts";
import { CacheFiles } from "./code/cacheFiles.ts";
import { CodeCaches } from "./code/codeCaches.ts";
import { CompilerQueue } from "./code/compilerQueue.ts";
import { newCompilerServer } from "./code/compilerSocket.ts";
import { codeIdentity } from "./code/identity.ts";
import { newControlServer } from "./controlServer.ts";
import { newDataServer } from "./dataServer.ts";
import { countEgress } from "./egressMetrics.ts";
import { newFunctionServer } from "./functionServer.ts";
import { FunctionSwitches } from "./functionSwitches.ts";
import { FunctionStates } from "./health/functionStates.ts";
import { StateFile } from "./health/stateFile.ts";
import { MapperThread } from "./mapperThread.ts";
import { Metrics } from "./metrics.ts";
import { PreviewSecret } from "./previewSecret.ts";
import { Releases } from "./releases.ts";
import { SandboxPort } from "./sandboxPort.ts";
import { ScheduledRuns } from "./scheduledRuns.ts";
import { StackMapper } from "./stackMapper.ts";
import { WorkerPool } from "./workerPool.ts";
import { WorkerReports } from "./workerReports.ts";

export interface RouterConfig {
  readonly runner: RunnerConfig;
  /** What the router shows to the broker; workers do not have it. */
  readonly grantToken: string;
  /** Script of the thread that reads source maps. */
  readonly stackMapper: string;
}

/** Time that requests get to end after SIGTERM, ms. */
const DRAIN_MS = 10_000;
const IDLE_SWEEP_MS = 20;
/** The data socket is the cache's too, whatever user that runs as; the folder above it says who gets there. */
const DATA_MODE = 0o666;
/** The workers' supervisor may be another user of our group. */
const SUPERVISOR_MODE = 0o660;

// What comes in one read with the config is heard when the metrics are there.
const parent: ParentPipe<RouterConfig> = new ParentPipe((message) => {
  if (message.type === "death") parent.config.then(() => countDeath(message));
  if (message.type === "linesDropped") parent.config.then(() => countDropped("supervisor", message));
});
const { runner, grantToken, stackMapper } = await parent.config;
const { node, region } = runner;
const metrics = new Metrics(region);
const scope = { process: "router", node, region };
const log = jsonLog(
  scope,
  stdoutLines(scope, (lines) => countDropped("router", { lines })),
);
parent.beatEvery(BEAT_MS);
metrics.set("edge_runner_info", { node, runtime: process.version }, 1);

const deploymentOf = (key: number) => releases.deploymentOf(key);
const stacks = new StackMapper(new MapperThread(stackMapper));
const grants: BrokerGrants = new BrokerGrants({
  socket: grantSocket(runner),
  token: grantToken,
  figures: (functions) => countEgress(metrics, deploymentOf, functions),
  bindingFigures: (kinds) => countBindings(metrics, deploymentOf, kinds),
});
const states = new FunctionStates({
  file: new StateFile(join(runner.stateDir, "functions.json"), log),
  clock: systemClock,
  wallMs: () => Date.now(),
});
const compilerIndex = compilerSlot(runner);
const compiler = new CompilerQueue({
  start: () => sandbox.startPrivate(compilerIndex),
  stop: () => sandbox.stopPrivate(compilerIndex),
  clock: systemClock,
});
const files = await CacheFiles.open(join(runner.cacheDir, "code"), codeIdentity());
const code = new CodeCaches({ files, compiler, metrics, log });
const pool: WorkerPool = new WorkerPool({
  serving: runner.workers,
  grants,
  code,
  privates: runner.privateWorkers,
  processes: { startPrivate: (slot) => sandbox.startPrivate(slot), stopPrivate: (slot) => sandbox.stopPrivate(slot) },
  clock: systemClock,
  states,
  metrics,
  log,
  deploymentOf,
  reports: new WorkerReports({ metrics, log, stacks, code, deploymentOf }),
});
const { releasesDir, secretsDir, privateWorkers } = runner;
const releases = new Releases({
  ...{ region, releasesDir, secretsDir, privateWorkers },
  ...{ pool, states, metrics, stacks, log },
  clock: systemClock,
});
const sandbox = new SandboxPort({
  death: hearDeath,
  layers: showLayers,
  linesDropped: (dropped) => countDropped("supervisor", dropped),
});
const previewSecret = new PreviewSecret(secretsDir);
const data = newDataServer({ region, domain: runner.domain, previewSecret, releases, pool, metrics, log });
const functions = newFunctionServer({ token: grantToken, releases, pool, metrics, log });
const switches = new FunctionSwitches({ releases, healths: pool.healths, states, clock: systemClock });
const runs = new ScheduledRuns({ region, releases, pool, metrics, log });
const control = newControlServer({ releases, switches, runs, metrics });
const admin = newAdminServer({ releases, pool, metrics, switches, sandbox });
process.once("SIGTERM", drainAndExit);

try {
  await releases.boot();
  await Promise.all(Array.from({ length: slotCountWithPrivate(runner) }, (_, slot) => listenForWorker(slot)));
  await Promise.all([
    listenOnSocket(newCompilerServer(compiler), routerSocket(runner, compilerIndex), WORKER_SOCKET_MODE),
    listenOnSocket(sandbox.server, supervisorSocket(runner), SUPERVISOR_MODE),
    listenOnSocket(data, runner.data, DATA_MODE),
    listenOnSocket(functions, functionSocket(runner), 0o600),
    listenOnSocket(control, runner.control, 0o600),
    new Promise<void>((resolve, reject) => {
      admin.once("error", reject).listen(runner.admin.port, runner.admin.host, resolve);
    }),
  ]);
} catch (error) {
  log("error", "the router cannot start", { reason: (error as Error).message });
  process.exit(1);
}
log("info", "the router listens", { data: runner.data, admin: admin.address() });
parent.send({ type: "ready" });

function hearDeath(death: Death): void {
  const isCompiler = death.slot === compilerIndex;
  countDeath(isCompiler ? { ...death, process: "compiler" } : death);
  if (death.slot !== null && !isCompiler) pool.died(death.slot, death.cause);
}

function countDeath({ process, cause }: { process: Death["process"] | "compiler"; cause: Death["cause"] }): void {
  metrics.add("edge_runner_process_deaths_total", { process, cause });
}

function countDropped(process: string, { lines }: LinesDropped): void {
  metrics.add("edge_runner_log_lines_dropped_total", { process }, lines);
}

function showLayers(layers: Layers | null): void {
  if (layers === null) log("warn", "the workers' supervisor is away");
  else log("info", "the workers' supervisor is here", { sandbox: layers });
  metrics.clear("edge_runner_sandbox_layer");
  for (const [layer, on] of Object.entries(layers ?? {}))
    metrics.set("edge_runner_sandbox_layer", { layer }, on ? 1 : 0);
}

/** One socket per worker slot; a second connection to a slot that has its worker is closed. */
function listenForWorker(slot: number): Promise<void> {
  const server = createServer((socket) => {
    if (pool.isAttached(slot)) {
      socket.destroy();
      return;
    }
    let greeted = false;
    const link: Link = new Link(socket, {
      frame: (frame) => {
        if (greeted) return hearWorker(slot, link, frame);
        if (frame.kind !== "hello" || pool.isAttached(slot)) return link.close();
        greeted = true;
        pool.attach(slot, link);
      },
      closed: () => {
        if (greeted) pool.detach(slot);
      },
    });
  });
  return listenOnSocket(server, routerSocket(runner, slot), WORKER_SOCKET_MODE);
}

/** A worker lives with tenants' code: one that sends nonsense loses its place, and nobody else anything. */
function hearWorker(slot: number, link: Link, frame: Frame): void {
  try {
    pool.hear(slot, frame);
  } catch (error) {
    log("error", "a worker sent what cannot be understood and is let go", { slot, stack: (error as Error).stack });
    link.drop();
  }
}

/** No new connections; what is under way ends, idle connections close, then the process goes. */
function drainAndExit(): void {
  log("info", "draining");
  const exit = () => process.exit(0);
  setTimeout(() => {
    log("warn", `requests were still running after ${DRAIN_MS} ms`);
    exit();
  }, DRAIN_MS).unref();
  control.close();
  admin.close();
  admin.closeAllConnections();
  data.close(exit);
  // A connection that was busy when the server closed turns idle with its answer.
  setInterval(() => data.closeIdleConnections(), IDLE_SWEEP_MS);
}
