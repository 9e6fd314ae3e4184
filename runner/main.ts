import { parseArgs } from "node:util";
import { type RunnerConfig, RunnerConfigError, readRunnerConfig } from "./config.ts";
import { jsonLog, stdoutLines } from "./log.ts";
import { bundles } from "./supervisor/bundles.ts";
import { makeSocketFolders } from "./supervisor/folders.ts";
import { Sandboxed } from "./supervisor/sandboxed.ts";
import { Serving } from "./supervisor/serving.ts";
import { CHECK_MS } from "./supervisor/stuckness.ts";

const SERVICES = ["runner", "sandbox"];
const USAGE = `usage: node runner/main.ts <runner.json> [--service ${SERVICES.join("|")}] [--until-stdin-ends]
Without --service one process tree does both. With --until-stdin-ends it stops when whoever started it is gone.`;

const { path, service, untilStdinEnds } = args();
const config = read(path);
const scope = { process: "supervisor", node: config.node, region: config.region };
let linesDropped = 0;
const output = stdoutLines(scope, (lines) => {
  linesDropped += lines;
});
const log = jsonLog(scope, output);
if (!makeSocketFolders(config) && service !== "sandbox") {
  process.stderr.write(`runDir ${config.runDir} is not ours to write: give its folder to this user\n`);
  process.exit(2);
}
const scripts = await bundles(config.cacheDir);

log("info", "starting", { service: service ?? SERVICES, runtime: process.version });
let stopping = false;
const serving =
  service === "sandbox"
    ? undefined
    : new Serving({ config, scripts, log, output, cannotStart: () => void stopAndExit(1) });
serving?.start();
// Router and broker come up while the machine is tried.
const starting = service === "runner" ? undefined : Sandboxed.start({ config, scripts, log });
let sandboxed: Sandboxed | undefined;
starting?.then(
  (started) => {
    sandboxed = started;
  },
  (error: Error) => {
    log("error", "the workers cannot start", { reason: error.message });
    void stopAndExit(1);
  },
);
const checks = setInterval(() => {
  serving?.check();
  sandboxed?.check();
  if (linesDropped > 0 && (serving ?? sandboxed)?.tellDropped(linesDropped)) linesDropped = 0;
}, CHECK_MS);
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => void stopAndExit(0));
}
if (untilStdinEnds) process.stdin.resume().once("close", () => void stopAndExit(0));

/** The router first, while workers and broker still serve what it drains. */
async function stopAndExit(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  log("info", "stopping");
  clearInterval(checks);
  await serving?.drainAndWait();
  const workers = starting?.then(
    (started) => started.stopAndWait(),
    () => {},
  );
  await Promise.all([serving?.stopAndWait(), workers]);
  log("info", "stopped");
  process.exit(code);
}

function args(): { path: string; service: string | undefined; untilStdinEnds: boolean } {
  const { values, positionals } = parseArgs({
    options: { service: { type: "string" }, "until-stdin-ends": { type: "boolean", default: false } },
    allowPositionals: true,
    strict: false,
  });
  const [path] = positionals;
  const service = values.service as string | undefined;
  if (path !== undefined && (service === undefined || SERVICES.includes(service))) {
    return { path, service, untilStdinEnds: values["until-stdin-ends"] === true };
  }
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
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
