import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { commandFolders } from "../node/commandSockets.ts";
import { managerStatus, runServices, stopServices } from "./manager/client.ts";
import { isHealthy } from "./manager/health.ts";
import type { HealthCheck, ServiceSpec } from "./manager/spec.ts";
import { localLayout, nodeDir, statePaths } from "./stateDir.ts";

/** What is written and run for one node or the hub. */
export interface ManagedNode {
  readonly name: string;
  /** Files below `etc`, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly services: readonly ServiceSpec[];
  /** Tells that the node serves, when all its services are well. */
  readonly serves: HealthCheck;
  /** Throws with the reason when the node will never serve, though its services run. */
  readonly confirm?: () => Promise<void>;
}

const SERVES_TIMEOUT_MS = 15_000;

/** Writes the node's files and runs its services until it serves; restarts only those that changed. */
export async function applyNode(root: string, node: ManagedNode): Promise<void> {
  const layout = localLayout(root, node.name);
  for (const dir of [layout.etc, layout.run, layout.data, layout.secrets, ...commandFolders(layout)])
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(node.files)) {
    const file = path.join(layout.etc, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
    fs.renameSync(`${file}.tmp`, file);
  }
  removeOthers(layout.etc, Object.keys(node.files));
  const env = { NODE_COMPILE_CACHE: statePaths(root).compileCache };
  await runServices(nodeDir(root, node.name), { ...node, env });
  await node.confirm?.();
  const deadline = Date.now() + SERVES_TIMEOUT_MS;
  while (!(await isHealthy(node.serves))) {
    if (Date.now() > deadline)
      throw new Error(`${node.name} runs but does not serve: ${await lastAnswer(node.serves)}`);
    await delay(50);
  }
}

/** The same for a node that was not there: when it fails, nothing of it stays but its logs. */
export async function createNode(root: string, node: ManagedNode): Promise<void> {
  try {
    await applyNode(root, node);
  } catch (error) {
    await stopServices(nodeDir(root, node.name));
    const layout = localLayout(root, node.name);
    for (const dir of [layout.etc, layout.run, layout.commands, layout.data]) removeTree(dir);
    throw error;
  }
}

/** Digests of the services that really run, by name; null when no manager runs the node. */
export async function runningDigests(root: string, name: string): Promise<Record<string, string> | null> {
  const status = await managerStatus(nodeDir(root, name));
  if (status === null) return null;
  const running = status.services.filter(({ state }) => state === "running");
  return Object.fromEntries(running.map((service) => [service.name, service.digest]));
}

export async function deleteNode(root: string, name: string): Promise<void> {
  await stopServices(nodeDir(root, name));
  removeTree(nodeDir(root, name));
}

/** What an earlier config had rendered would be read still: gdnsd answers for every zone file it finds. */
function removeOthers(dir: string, names: readonly string[]): void {
  for (const entry of fs.readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const name = path.relative(dir, path.join(entry.parentPath, entry.name));
    if (entry.isFile() && !names.includes(name)) fs.rmSync(path.join(dir, name));
  }
}

/** Also removes folders that were made read-only, such as releases. */
function removeTree(dir: string): void {
  if (!fs.existsSync(dir)) return;
  for (const entry of fs.readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) fs.chmodSync(path.join(entry.parentPath, entry.name), 0o700);
  }
  fs.rmSync(dir, { recursive: true, force: true });
}

async function lastAnswer(check: HealthCheck): Promise<string> {
  if (check.kind !== "http") return "no answer";
  return new Promise((resolve) => {
    const request = http.get({ host: check.host, port: check.port, path: check.path, timeout: 1_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${text.slice(0, 500)}`));
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 1 s")));
    request.on("error", (error) => resolve(error.message));
  });
}
