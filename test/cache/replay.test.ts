import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { commandSocket } from "../../components/node/commandSockets.ts";
import type { AgentConfig } from "../../runner/agent/config.ts";
import { BARE_AGENT } from "../../runner/agent/configFixture.ts";
import { appendControl } from "../../runner/release/controlLog.ts";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { RunningVarnish } from "./runningVarnish.ts";

const MAIN = join(import.meta.dirname, "../../runner/agent/main.ts");
const WHO = { by: "someone", signer: null };

const varnish = new RunningVarnish((_, response) => {
  response.writeHead(200, { "cache-control": "max-age=600" }).end("page");
});
const { layout } = varnish;
const store = new FolderStore(join(layout.data, "store"));
let agent: ChildProcess | null = null;

/** Starts the node's agent. Resolves when it answers, which HAProxy's start waits for. */
async function startAgent(): Promise<void> {
  const config: AgentConfig = {
    ...BARE_AGENT,
    ...{ node: "n1", region: "r1", pollMs: 50 },
    store: { address: `file:${store.where}`, replicas: [] },
    releasesDir: join(layout.data, "releases"),
    control: join(layout.run, "control.sock"),
    cache: { commands: commandSocket(layout, "agent"), purge: commandSocket(layout, "varnish") },
  };
  const file = join(layout.etc, "agent.json");
  writeFileSync(file, JSON.stringify(config));
  agent = spawn(process.execPath, [MAIN, file], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(agent.stdout as NodeJS.ReadableStream)) {
    if (line.includes("agent started")) return;
  }
  throw new Error("the agent ended");
}

async function stopAgent(): Promise<void> {
  if (agent === null) return;
  agent.kill("SIGKILL");
  if (agent.exitCode === null && agent.signalCode === null) await once(agent, "exit");
  agent = null;
}

const outcome = async (path: string) => (await varnish.get(path)).headers["x-cache"];

before(async () => {
  mkdirSync(store.where);
  await varnish.start();
  await startAgent();
});
after(async () => {
  await stopAgent();
  await varnish[Symbol.asyncDispose]();
});

describe("a node that was away", () => {
  it("has forgotten what it was ordered to meanwhile before it answers, and nothing else", async () => {
    for (const path of ["/old", "/other"]) await outcome(path);
    assert.deepEqual([await outcome("/old"), await outcome("/other")], ["HIT", "HIT"]);
    await stopAgent();
    await appendControl(store, { kind: "purge", order: { url: "https://edge.test:8443/old" } }, WHO);
    assert.equal(await outcome("/old"), "HIT", "its cache runs on");
    await startAgent();
    assert.deepEqual([await outcome("/old"), await outcome("/other")], ["MISS", "HIT"]);
  });

  it("forgets everything when the orders that it missed are gone", async () => {
    await outcome("/other");
    await stopAgent();
    for (let n = 0; n < 2; n++) await appendControl(store, { kind: "purge", order: { tag: "x" } }, WHO);
    await store.removeStored("control", "2");
    await startAgent();
    assert.equal(await outcome("/other"), "MISS");
  });
});
