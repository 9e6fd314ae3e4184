import { mkdirSync, readFileSync } from "node:fs";
import type { BrokerConfig } from "./broker/main.ts";
import {
  brokerSocket,
  type RunnerConfig,
  RunnerConfigError,
  readRunnerConfig,
  routerSocket,
  slotCount,
} from "./config.ts";
import { jsonLog } from "./log.ts";
import type { RouterConfig } from "./router/main.ts";
import { bundles } from "./supervisor/bundles.ts";
import { Child } from "./supervisor/child.ts";
import { detectSandbox, type Sandbox } from "./supervisor/sandboxLayers.ts";
import type { WorkerConfig } from "./worker/main.ts";

/** How often children are looked at, ms. */
const CHECK_MS = 100;
/** The router drains for 10 s; what lives longer is killed. */
const ROUTER_STOP_MS = 11_000;
const STOP_MS = 1_000;
const MB = 1024 * 1024;

/** Heaps of processes that hold no tenant code: small, three regions share one machine locally. */
const NODE_ARGS = ["--no-warnings", "--max-semi-space-size=2"];
const ROUTER_ARGS = [...NODE_ARGS, "--max-old-space-size=512"];
const BROKER_ARGS = [...NODE_ARGS, "--max-old-space-size=512"];
const WORKER_ARGS = [...NODE_ARGS, "--max-old-space-size=256", "--no-node-snapshot"];

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("usage: node runner/main.ts <runner.json>\n");
  process.exit(2);
}
const config = read(path);
const log = jsonLog({ process: "supervisor", node: config.node, region: config.region });
mkdirSync(config.runDir, { recursive: true, mode: 0o700 });

const scripts = await bundles(config.cacheDir);
const platform = readFileSync(scripts.platform, "utf8");
const sandbox = detectSandbox(scripts.worker);
const missing = Object.entries(sandbox.layers)
  .filter(([, on]) => !on)
  .map(([layer]) => layer);
log(missing.length === 0 ? "info" : "warn", "starting", { sandbox: sandbox.layers, missing });

const events = {
  log,
  died: (name: string, cause: string) => {
    router.send({ type: "death", process: name.replace(/-\d+$/, ""), cause });
    const neverUp = [router, broker].some((child) => !child.wasReady && child.isGone);
    if (neverUp) void stopAndExit(1);
  },
};
const router: Child = new Child(routerSpec(), events);
const broker: Child = new Child(brokerSpec(), events);
const workers = Array.from({ length: slotCount(config) }, (_, slot) => new Child(workerSpec(slot, sandbox), events));
const children = [broker, router, ...workers];
for (const child of children) child.start();
const checks = setInterval(() => {
  for (const child of children) child.check();
}, CHECK_MS);

let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => void stopAndExit(0));
}

/** The router first, while workers and broker still serve what it drains. */
async function stopAndExit(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  log("info", "stopping");
  clearInterval(checks);
  await router.stopAndWait(ROUTER_STOP_MS);
  await Promise.all([...workers, broker].map((child) => child.stopAndWait(STOP_MS)));
  log("info", "stopped");
  process.exit(code);
}

function read(configPath: string): RunnerConfig {
  try {
    return readRunnerConfig(configPath);
  } catch (error) {
    if (!(error instanceof RunnerConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}

function routerSpec() {
  const given: RouterConfig = { runner: config, sandbox: { ...sandbox.layers } };
  return {
    name: "router",
    command: [process.execPath, ...ROUTER_ARGS, scripts.router],
    config: given,
    rssLimitBytes: undefined,
  };
}

function brokerSpec() {
  const sockets = Array.from({ length: slotCount(config) }, (_, slot) => brokerSocket(config, slot));
  const given: BrokerConfig = { sockets, origins: config.origins };
  return {
    name: "broker",
    command: [process.execPath, ...BROKER_ARGS, scripts.broker],
    config: given,
    rssLimitBytes: undefined,
  };
}

function workerSpec(slot: number, { wrapper, nodeArgs }: Sandbox) {
  const given: WorkerConfig = {
    slot,
    routerSocket: routerSocket(config, slot),
    brokerSocket: brokerSocket(config, slot),
    platform,
  };
  const command = [...wrapper, process.execPath, ...WORKER_ARGS, ...nodeArgs, scripts.worker];
  return { name: `worker-${slot}`, command, config: given, rssLimitBytes: config.workerRssMb * MB };
}
