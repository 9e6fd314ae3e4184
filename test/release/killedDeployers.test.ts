import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { contentOf, publishRelease, scratchFolder } from "../../runner/release/fixtures.ts";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { readRelease, releaseContents, verifyModule } from "../../runner/release/manifest.ts";

/** In each, two of the deployers are killed. */
const ROUNDS = 50;

/** Deploys one function again and again, a new version each time, and says so each time. */
const DEPLOYER = `
  import { changeRelease } from ${JSON.stringify(import.meta.resolve("../../runner/release/changeRelease.ts"))};
  import { deployedBy, functionOf } from ${JSON.stringify(import.meta.resolve("../../runner/release/fixtures.ts"))};
  import { FolderStore } from ${JSON.stringify(import.meta.resolve("../../runner/release/folderStore.ts"))};
  import { deployStable } from ${JSON.stringify(import.meta.resolve("../../runner/release/tableChanges.ts"))};
  const [folder, name] = process.argv.slice(1);
  for (let n = 0; ; n++) {
    const { manifest, bytes } = functionOf(name, "// " + process.pid + " " + n);
    const deployed = deployedBy(name);
    const change = deployStable(manifest, { owner: "command", deployed });
    const { changed } = await changeRelease(new FolderStore(folder), change, { deployed, modules: (sha256) => (sha256 === manifest.modules[0].sha256 ? bytes : null) });
    if (changed.join() !== name) throw new Error("changed " + changed);
    process.stdout.write(".");
  }`;

test("whenever deployers are killed, there is one whole release with all functions", async (t) => {
  const names = ["a", "b", "c"];
  const running = new Map<string, ChildProcess>();
  // Hooks run in the order of their making: all is stopped before the folder goes.
  t.after(() => Promise.all([...running.values()].map(kill)));
  const store = new FolderStore(await scratchFolder(t));
  await publishRelease(store, contentOf(Object.fromEntries(names.map((name) => [name, "first"]))));
  const start = (name: string) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", DEPLOYER, store.where, name], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    running.set(name, child);
  };
  for (const name of names) start(name);
  let generation = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const victims = names.filter((_, index) => index !== round % names.length);
    await Promise.all(
      victims.map(async (name) => {
        const victim = running.get(name) as ChildProcess;
        // It has deployed, and is somewhere within its next deploy.
        if (victim.stdout?.readableLength === 0) await once(victim.stdout, "readable");
        await delay(Math.random() * 20);
        assert.equal(victim.exitCode, null, "nothing else ended it");
        await kill(victim);
        start(name);
      }),
    );
    const { current } = (await store.readCurrent()) ?? assert.fail("no pointer");
    assert.ok(current.generation >= generation, "the generation went back");
    generation = current.generation;
    const { functions } = readRelease(current, await store.readRelease(current.release));
    assert.deepEqual(
      functions.map((entry) => entry.name),
      names,
    );
    for (const ref of releaseContents(functions)) verifyModule(ref, await store.readModule(ref));
  }
  t.diagnostic(`${generation} deploys, ${2 * ROUNDS} kills`);
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
