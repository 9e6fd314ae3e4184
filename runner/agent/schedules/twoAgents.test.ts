import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { functionOf, publishRelease, scratchFolder } from "../../release/fixtures.ts";
import { FolderStore } from "../../release/folderStore.ts";
import { LEASE_SCHEMA } from "../../release/leases.ts";
import { functionVersion } from "../../release/manifest.ts";
import { waitForAcks } from "../../release/publish.ts";
import type { Schedule } from "../../schedules/schedule.ts";
import { until } from "../agentFixture.ts";
import type { AgentConfig } from "../config.ts";
import { BARE_AGENT } from "../configFixture.ts";
import { StandInRunner } from "../standInRunner.ts";
import { leaseName } from "./leaseName.ts";

const MAIN = join(import.meta.dirname, "../main.ts");
const NODES = ["n1", "n2"] as const;
const FUNCTIONS = 12;
/** So seldom that no other time comes while the test runs, but in the first hour of a year. */
const schedules = Array.from({ length: FUNCTIONS }, (_, n): Schedule => ({ cron: `${n} 0 1 1 *`, scope: "fleet" }));

test("agents of two nodes, in processes of their own, run each missed time once between them", async (t) => {
  // Hooks run in the order of their making: all is stopped before the folder goes.
  const ends: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const root = await scratchFolder(t);
  const store = new FolderStore(join(root, "store"));
  await mkdir(store.where);
  const names = schedules.map((schedule, n) => leaseName(`job${n}`, schedule, { node: "", region: "" }));
  const missed = { schema: LEASE_SCHEMA, generation: 41, holder: "gone", timeMs: 0, attempt: 1, beat: 0 };
  for (const name of names) await store.compareAndSwapLease(name, null, { ...missed, state: "over" });
  const runners = await Promise.all(NODES.map((node) => startNode(node, root, store, ends)));

  const functions = schedules.map((schedule, n) => {
    const { manifest, bytes } = functionOf(`job${n}`, "export const scheduled = () => {};");
    const content = { ...manifest, schedules: [schedule] };
    return { manifest: { ...content, version: functionVersion(content) }, bytes };
  });
  await publishRelease(store, {
    functions: functions.map(({ manifest }) => manifest),
    modules: () => functions[0]?.bytes as Buffer,
    createdBy: "test",
    reason: "test",
  });
  const acks = await waitForAcks(store, { generation: 1, nodes: NODES, timeoutMs: 20_000 });
  assert.deepEqual([...acks.values()], [{ status: "active" }, { status: "active" }]);
  await until("every run is over", async () => {
    const leases = await Promise.all(names.map((name) => store.readLease(name)));
    return leases.every((found) => found?.lease.generation === 42 && found.lease.state === "over");
  });
  const runs = runners.flatMap((runner) => runner.runs);
  t.diagnostic(`shared out as ${runners.map((runner) => runner.runs.length).join(" and ")}`);
  assert.deepEqual(runs.map((run) => run.function).toSorted(), schedules.map((_, n) => `job${n}`).toSorted());
  assert.ok(runs.every(({ fencing }) => fencing === 42));
});

/** A node: an agent as a process, and a stand-in for its runner. */
async function startNode(
  node: string,
  root: string,
  store: FolderStore,
  ends: (() => Promise<unknown>)[],
): Promise<StandInRunner> {
  const config: AgentConfig = {
    ...BARE_AGENT,
    node,
    region: "r1",
    store: { address: `file:${store.where}`, replicas: [] },
    releasesDir: join(root, `releases-${node}`),
    control: join(root, `${node}.sock`),
    pollMs: 10,
  };
  const runner = new StandInRunner(config.releasesDir, config.control);
  await runner.start();
  const file = join(root, `${node}.json`);
  await writeFile(file, JSON.stringify(config));
  const agent = spawn(process.execPath, [MAIN, file], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(agent, "exit");
  ends.push(async () => {
    agent.kill("SIGKILL");
    await exited;
    await runner.stop();
  });
  // Its first line says that it has started.
  await Promise.race([once(agent.stdout, "data"), exited.then(() => Promise.reject(new Error("the agent ended")))]);
  agent.stdout.resume();
  return runner;
}
