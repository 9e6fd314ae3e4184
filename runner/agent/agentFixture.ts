import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import { scratchFolder } from "../release/fixtures.ts";
import { FolderStore } from "../release/folderStore.ts";
import { waitForAcks } from "../release/publish.ts";
import { Agent } from "./agent.ts";
import { BARE_AGENT } from "./configFixture.ts";
import { ControlReplay } from "./controlReplay.ts";
import { LocalReleases } from "./localReleases.ts";
import { AgentMetrics } from "./metrics.ts";
import { Pointer } from "./pointer.ts";
import { RunnerControl } from "./runnerControl.ts";
import { nodeScheduler } from "./schedules/nodeScheduler.ts";
import { StandInRunner } from "./standInRunner.ts";
import { Traffic } from "./traffic/traffic.ts";
import { TrustedKeys } from "./trustedKeys.ts";

/** A busy machine is slow: nothing is said of how fast something is. */
const PATIENCE_MS = 60_000;

export const NODE = "node-1";

/** A store, a stand-in for the runner, and agents of one node between them. */
export async function fleetOfOne(
  t: TestContext,
  {
    keyFile = null,
    purgeSocket = null,
  }: { readonly keyFile?: string | null; readonly purgeSocket?: string | null } = {},
) {
  // Hooks run in the order of their making: all is stopped before the folder goes.
  const ends: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const root = await scratchFolder(t);
  const store = new FolderStore(join(root, "store"));
  await mkdir(store.where);
  const releasesDir = join(root, "releases");
  const control = join(root, "control.sock");
  const runner = new StandInRunner(releasesDir, control);
  await runner.start();
  ends.push(() => runner.stop());
  const config = {
    ...BARE_AGENT,
    node: NODE,
    region: "eu-central-1",
    store: { address: `file:${store.where}`, replicas: [] },
    releasesDir,
    control,
    releaseKeys: keyFile,
    pollMs: 10,
  };

  function startAgent() {
    const stop = new AbortController();
    const metrics = new AgentMetrics();
    const logged: string[] = [];
    const log: Log = (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields }));
    const control = new RunnerControl(config.control, stop.signal);
    const scheduler = nodeScheduler({ config, store, runner: control, metrics, log });
    const local = new LocalReleases(releasesDir);
    const trusted = new TrustedKeys(config, log);
    const traffic = new Traffic({ config, store, runner: control, door: null, trusted, metrics, log });
    const pointer = new Pointer({ store, metrics, log });
    const common = { store, runner: control, trusted, metrics, log };
    const replay = new ControlReplay({ ...common, releasesDir, purgeSocket });
    const agent = new Agent({ ...common, config, pointer, control: replay, local, scheduler, traffic, secrets: null });
    const opened = agent.open();
    const ended = opened.then(() => agent.run(stop.signal));
    const end = () => {
      stop.abort();
      return ended;
    };
    ends.unshift(end);
    return { metrics, logged, opened, end };
  }

  const outcome = async (generation: number) =>
    (await waitForAcks(store, { generation, nodes: [NODE], timeoutMs: PATIENCE_MS, pollMs: 5 })).get(NODE);
  const ack = async () => (await store.readAcks()).get(NODE);
  return { root, store, releasesDir, runner, startAgent, outcome, ack };
}

/** Waits until `holds` gives something truthy. */
export async function until<Value>(what: string, holds: () => Value | Promise<Value>): Promise<NonNullable<Value>> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await holds();
    if (value) return value;
    assert.ok(performance.now() < deadline, `not within ${PATIENCE_MS} ms: ${what}`);
    await delay(5);
  }
}
