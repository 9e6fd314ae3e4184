import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { endLeftovers, isAlive, type ProcessRecord, recordOf } from "./processes.ts";
import { type ManagerStatus, managerPaths, type ServiceSpec } from "./spec.ts";

const MANAGER_PROGRAM = fileURLToPath(new URL("./main.ts", import.meta.url));
const REQUEST_TIMEOUT_MS = 40_000;
const HEALTHY_TIMEOUT_MS = 40_000;
/** So many failed starts in a row are no accident: whoever waits is told. */
const HOPELESS_FAILED_STARTS = 3;
const LEFTOVER_GRACE_MS = 3_000;
const LOG_TAIL_BYTES = 2_000;

/** What the manager of a node says; null when none answers. */
export async function managerStatus(nodeDir: string): Promise<ManagerStatus | null> {
  try {
    return (await call(nodeDir, "GET", "/status")) as ManagerStatus;
  } catch {
    return null;
  }
}

/** What a manager is to run. */
export interface ManagedServices {
  readonly name: string;
  readonly services: readonly ServiceSpec[];
  /** The manager's whole environment: nothing is inherited, for the engine's environment has secrets in it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Runs these services and no others, in the manager that is there or in a new one, until all are healthy. */
export async function runServices(nodeDir: string, node: ManagedServices): Promise<void> {
  const { services } = node;
  if ((await managerStatus(nodeDir)) === null) await startManager(nodeDir, node);
  else await call(nodeDir, "PUT", "/services", services);
  await untilHealthy(nodeDir);
}

/** Stops the node's services and its manager, also when the manager was killed before. */
export async function stopServices(nodeDir: string): Promise<void> {
  const status = await managerStatus(nodeDir);
  if (status !== null) {
    const record = recordOf("manager", status.pid);
    await call(nodeDir, "POST", "/stop");
    await untilGone(record);
  }
  await endLeftovers(managerPaths(nodeDir).processesFile, LEFTOVER_GRACE_MS);
}

async function startManager(nodeDir: string, { name: node, services, env }: ManagedServices): Promise<void> {
  const paths = managerPaths(nodeDir);
  fs.mkdirSync(paths.logDir, { recursive: true });
  fs.writeFileSync(paths.specFile, JSON.stringify({ node, services }, null, 2), { mode: 0o600 });
  const logFile = `${paths.logDir}/manager.log`;
  const log = fs.openSync(logFile, "a");
  const args = ["--max-old-space-size=64", "--max-semi-space-size=1", MANAGER_PROGRAM, nodeDir];
  const child = spawn(process.execPath, args, { cwd: "/", env, stdio: ["ignore", log, log], detached: true });
  fs.closeSync(log);
  child.unref();
  let exited = false;
  child.on("exit", () => {
    exited = true;
  });
  while ((await managerStatus(nodeDir)) === null) {
    if (exited) throw new Error(`the process manager of ${node} ended at once:\n${logTail(logFile)}`);
    await delay(30);
  }
}

async function untilHealthy(nodeDir: string): Promise<void> {
  const deadline = Date.now() + HEALTHY_TIMEOUT_MS;
  for (;;) {
    const status = await managerStatus(nodeDir);
    if (status === null) throw new Error("the process manager ended while its services started");
    if (status.services.every((service) => service.state === "running")) return;
    const hopeless = status.services.find((service) => service.failedStarts >= HOPELESS_FAILED_STARTS);
    const slow = Date.now() > deadline ? status.services.find((service) => service.state !== "running") : undefined;
    const failed = hopeless ?? slow;
    if (failed !== undefined) {
      const logFile = `${managerPaths(nodeDir).logDir}/${failed.name}.log`;
      const ending = failed.lastExit === null ? "never became healthy" : `ended with ${failed.lastExit}`;
      throw new Error(`${failed.name} does not start: it ${ending}. The end of ${logFile}:\n${logTail(logFile)}`);
    }
    await delay(50);
  }
}

async function untilGone(record: ProcessRecord | null): Promise<void> {
  while (record !== null && isAlive(record)) await delay(20);
}

function logTail(file: string): string {
  try {
    return fs.readFileSync(file, "utf8").slice(-LOG_TAIL_BYTES).trimEnd();
  } catch {
    return "(no log)";
  }
}

function call(nodeDir: string, method: string, path: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: managerPaths(nodeDir).socket, method, path, timeout: REQUEST_TIMEOUT_MS };
    const request = http.request({ ...options, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
      });
    });
    request.on("timeout", () => request.destroy(new Error(`${method} ${path}: no answer in ${REQUEST_TIMEOUT_MS} ms`)));
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
