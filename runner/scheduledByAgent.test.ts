import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { AgentConfig } from "./agent/config.ts";
import { BARE_AGENT } from "./agent/configFixture.ts";
import { leaseName } from "./agent/schedules/leaseName.ts";
import { functionOf, publishRelease } from "./release/fixtures.ts";
import { FolderStore } from "./release/folderStore.ts";
import { LEASE_SCHEMA } from "./release/leases.ts";
import { functionVersion } from "./release/manifest.ts";
import { TestRunner, until } from "./runnerFixture.ts";
import type { Schedule } from "./schedules/schedule.ts";

/** So seldom that no other time comes while the test runs, but in its first minute of a year. */
const YEARLY: Schedule = { cron: "0 0 1 1 *", scope: "fleet" };

test("an agent makes up a run that was missed, in its runner, under a lease of the store", async (t) => {
  const runner = new TestRunner({ workers: 1 });
  t.after(() => runner[Symbol.asyncDispose]());
  await runner.start();
  const store = new FolderStore(join(runner.dir, "store"));
  mkdirSync(store.where);
  const { manifest, bytes } = functionOf(
    "job",
    "export const scheduled = (event) => console.log('ran ' + JSON.stringify(event));",
  );
  const content = { ...manifest, schedules: [YEARLY] };
  const functions = [{ ...content, version: functionVersion(content) }];
  await publishRelease(store, { functions, modules: () => bytes, createdBy: "test", reason: "test" });
  const { node, region, releasesDir, control } = runner.config;
  const name = leaseName("job", YEARLY, { node, region });
  const lease = { schema: LEASE_SCHEMA, generation: 41, holder: "gone", timeMs: 0, attempt: 1, beat: 0 };
  await store.compareAndSwapLease(name, null, { ...lease, state: "over" });

  const config: AgentConfig = {
    ...BARE_AGENT,
    node,
    region,
    releasesDir,
    control,
    pollMs: 50,
    store: { address: `file:${store.where}`, replicas: [] },
  };
  const file = join(runner.dir, "agent.json");
  writeFileSync(file, JSON.stringify(config));
  const agent = spawn(process.execPath, [join(import.meta.dirname, "agent/main.ts"), file], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  t.after(async () => {
    agent.kill("SIGKILL");
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, "exit");
  });

  const ran = () => runner.lines.find(({ message }) => `${message}`.startsWith("ran "));
  await until("the handler runs", () => ran() !== undefined);
  const event = JSON.parse(`${ran()?.message}`.slice(4));
  const newYear = Date.UTC(new Date().getUTCFullYear(), 0, 1);
  assert.deepEqual(event, { type: "scheduled", ...YEARLY, scheduledTime: newYear, fencing: 42 });
  await until("its lease is over", async () => (await store.readLease(name))?.lease.state === "over");
  assert.deepEqual((await store.readLease(name))?.lease.holder, node);
});
