import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { changeRelease } from "../release/changeRelease.ts";
import { appendControl } from "../release/controlLog.ts";
import { functionOf, scratchFolder } from "../release/fixtures.ts";
import { FolderStore } from "../release/folderStore.ts";
import { deployStable } from "../release/tableChanges.ts";
import { until } from "./agentFixture.ts";
import type { AgentConfig } from "./config.ts";
import { BARE_AGENT } from "./configFixture.ts";
import { StandInRunner } from "./standInRunner.ts";

const HOUR_MS = 3_600_000;

describe("clocks that are an hour apart", () => {
  for (const hours of [-1, 1]) {
    test(`do not matter: the node's is ${hours > 0 ? "ahead" : "behind"}, the deployers' differ both ways`, async (t) => {
      const root = await scratchFolder(t);
      const store = new FolderStore(join(root, "store"));
      await mkdir(store.where);
      const config: AgentConfig = {
        ...BARE_AGENT,
        ...{ node: "n1", region: "r1", pollMs: 20 },
        store: { address: `file:${store.where}`, replicas: [] },
        releasesDir: join(root, "releases"),
        control: join(root, "control.sock"),
      };
      const runner = new StandInRunner(config.releasesDir, config.control);
      await runner.start();
      t.after(() => runner.stop());
      const file = join(root, "agent.json");
      await writeFile(file, JSON.stringify(config));
      const skew = `const real = Date.now; Date.now = () => real() + ${hours * HOUR_MS};
        globalThis.Date = class extends Date { constructor(...all) { super(...(all.length ? all : [Date.now()])); } };`;
      const agent = spawn(
        process.execPath,
        ["--import", `data:text/javascript,${encodeURIComponent(skew)}`, join(import.meta.dirname, "main.ts"), file],
        { stdio: ["ignore", "ignore", "inherit"] },
      );
      t.after(async () => {
        agent.kill("SIGKILL");
        if (agent.exitCode === null && agent.signalCode === null) await once(agent, "exit");
      });
      const ack = async () => (await store.readAcks()).get("n1");
      for (const [index, skewMs] of [HOUR_MS, -HOUR_MS, 0].entries()) {
        const at = new Date(Date.now() + skewMs).toISOString();
        const { manifest, bytes } = functionOf("a", `${index}`);
        const deployed = { by: "someone", at, reason: "", commit: null };
        const change = deployStable(manifest, { owner: "command", deployed });
        await changeRelease(store, change, { deployed, modules: () => bytes });
        await appendControl(store, { kind: "lift", function: "a" }, { by: "someone", signer: null });
        await until("it is served and done", async () => {
          const found = await ack();
          return found?.generation === index + 1 && found.control === index + 1;
        });
      }
      const told = Date.parse(String((await ack())?.at)) - Date.now();
      assert.ok(Math.abs(told - hours * HOUR_MS) < HOUR_MS / 2, "its clock was wrong");
    });
  }
});
