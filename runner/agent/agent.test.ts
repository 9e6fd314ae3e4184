import assert from "node:assert/strict";
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { contentOf, deployedBy, functionOf, publishRelease } from "../release/fixtures.ts";
import type { FolderStore } from "../release/folderStore.ts";
import { sha256Hex } from "../release/manifest.ts";
import { rollbackTo } from "../release/publish.ts";
import { type Ack, CURRENT_SCHEMA } from "../release/types.ts";
import { fleetOfOne, NODE, until } from "./agentFixture.ts";
import type { AgentMetrics } from "./metrics.ts";

describe("the agent", { concurrency: 6 }, () => {
  test("brings a release to the runner, read-only, and acknowledges it", async (t) => {
    const { store, releasesDir, runner, startAgent, outcome, ack } = await fleetOfOne(t);
    const { metrics } = startAgent();
    const { current } = await publishRelease(store, contentOf({ hello: "export default 1" }));
    assert.deepEqual(await outcome(1), { status: "active" });
    const { manifest } = functionOf("hello", "export default 1");
    const sha256 = String(manifest.modules[0]?.sha256);

    assert.deepEqual(runner.orders, [{ release: 1, generation: 1 }]);
    assert.deepEqual((await readdir(releasesDir)).toSorted(), ["1", "active", "control"]);
    for (const name of ["1", "1/release.json", "1/modules", `1/modules/${sha256}`]) {
      assert.equal((await stat(join(releasesDir, name))).mode & 0o222, 0, `${name} is writable`);
    }
    assert.deepEqual(JSON.parse(await readFile(join(releasesDir, "active"), "utf8")), {
      generation: 1,
      release: 1,
      sha256: current.sha256,
    });
    const { at, ...given } = (await ack()) as Ack;
    assert.ok(Date.now() - Date.parse(at) < 60_000);
    assert.deepEqual(given, {
      node: NODE,
      region: "eu-central-1",
      generation: 1,
      release: 1,
      functions: { hello: { version: manifest.version, status: "active" } },
      control: 0,
      refused: null,
    });
    assert.match(metrics.toString(), /^edge_agent_generation 1$/m);
    assert.match(metrics.toString(), /^edge_agent_applied_total 1$/m);
  });

  test("follows a rollback, and refuses a replay of an older pointer", async (t) => {
    const { store, runner, startAgent, outcome, ack } = await fleetOfOne(t);
    const { metrics } = startAgent();
    await publishRelease(store, contentOf({ a: "1" }));
    const current = join(store.where, "current");
    await copyFile(current, join(store.where, "kept"));
    await publishRelease(store, contentOf({ a: "2" }));
    assert.deepEqual(await outcome(2), { status: "active" });
    await rollbackTo(store, 1, { deployed: deployedBy() });
    assert.deepEqual(await outcome(3), { status: "active" });
    assert.deepEqual(runner.active, { release: 3, generation: 3 });

    await rename(join(store.where, "kept"), current);
    const refused = await until("the replay is refused", async () => (await ack())?.refused);
    assert.equal(refused.generation, 1);
    assert.match(refused.reason, /generation 1 came after 3/);
    assert.deepEqual(runner.active, { release: 3, generation: 3 });
    assert.match(metrics.toString(), /refusals_total\{reason="ERR_RELEASE_REPLAYED"\} 1$/m);

    await store.compareAndSwapCurrent(String((await store.readCurrent())?.etag), {
      schema: CURRENT_SCHEMA,
      signature: null,
      generation: 3,
      release: 2,
      sha256: sha256Hex(await store.readRelease(2)),
    });
    await until("the exchanged pointer is refused", async () => (await ack())?.refused?.generation === 3);
    assert.deepEqual(runner.active, { release: 3, generation: 3 });
  });

  test("keeps the running release and tells why when the runner refuses the new one", async (t) => {
    const { store, runner, startAgent, outcome, ack } = await fleetOfOne(t);
    startAgent();
    await publishRelease(store, contentOf({ a: "1", b: "1" }));
    await outcome(1);
    await publishRelease(store, contentOf({ a: "2", b: "throw" }));
    const { status, reason } = (await outcome(2)) ?? {};
    assert.equal(status, "refused");
    assert.match(String(reason), /b: index\.mjs:1 throws/);
    assert.equal((await ack())?.generation, 1);
    assert.deepEqual(runner.active, { release: 1, generation: 1 });
    assert.equal(runner.orders.length, 2, "the runner is not asked again and again");
    await publishRelease(store, contentOf({ a: "3", b: "1" }));
    assert.deepEqual(await outcome(3), { status: "active" });
    assert.equal((await ack())?.refused, null);
  });

  const damages: readonly [string, string, (store: FolderStore, module: string) => Promise<unknown>][] = [
    ["a truncated module", "ERR_RELEASE_HASH", (_, module) => writable(module, () => truncate(module, 3))],
    [
      "a corrupt module",
      "ERR_RELEASE_HASH",
      (_, module) => writable(module, () => writeFile(module, "export default 3")),
    ],
    ["a missing module", "ERR_RELEASE_MISSING", (_, module) => rm(module)],
    ["a huge module", "ERR_RELEASE_SIZE", (_, module) => writable(module, () => truncate(module, 2 ** 34))],
    ["a truncated table", "ERR_RELEASE_HASH", (store) => writable(table(store), () => truncate(table(store), 40))],
    ["a missing table", "ERR_RELEASE_MISSING", (store) => rm(table(store))],
    ["a huge table", "ERR_RELEASE_SIZE", (store) => writable(table(store), () => truncate(table(store), 2 ** 34))],
  ];
  for (const [title, code, damage] of damages) {
    test(`refuses ${title}, keeps what runs, and takes the release once it is repaired`, async (t) => {
      const { store, runner, releasesDir, startAgent, outcome } = await fleetOfOne(t);
      await publishRelease(store, contentOf({ a: "export default 1" }));
      const first = startAgent();
      await outcome(1);
      await first.end();
      await publishRelease(store, contentOf({ a: "export default 2" }));
      const module = join(store.where, "modules", sha256Hex("export default 2"));
      const whole = await readFile(table(store));
      await damage(store, module);

      const { metrics, logged } = startAgent();
      assert.equal((await outcome(2))?.status, "refused");
      assert.match(metrics.toString(), new RegExp(`refusals_total\\{reason="${code}"\\} 1$`, "m"));
      assert.equal(logged.filter((line) => line.includes("release refused")).length, 1);
      assert.deepEqual(runner.active, { release: 1, generation: 1 });
      assert.deepEqual(
        (await readdir(releasesDir)).toSorted(),
        ["1", "active", "control"],
        "nothing half-fetched stays",
      );

      await rm(module, { force: true });
      await rm(table(store), { force: true });
      await writeFile(module, "export default 2");
      await writeFile(table(store), whole);
      assert.deepEqual(await untilActive(outcome, 2), { status: "active" });
      assert.deepEqual(runner.faults, []);
    });
  }

  test("keeps what runs when the pointer is damaged, and goes on after the next deploy", async (t) => {
    const { store, runner, startAgent, outcome } = await fleetOfOne(t);
    const { metrics } = startAgent();
    await publishRelease(store, contentOf({ a: "1" }));
    await outcome(1);
    const current = join(store.where, "current");
    for (const text of ["", "{", '{"schema":1,"generation":"2"}', "x".repeat(10_000), '{"schema":9}']) {
      const before = refusals(metrics);
      await writeFile(current, text);
      await until(`${text.slice(0, 40)} is counted`, () => refusals(metrics) > before);
    }
    assert.deepEqual(runner.active, { release: 1, generation: 1 });
    await rm(current);
    await publishRelease(store, contentOf({ a: "2" }));
    assert.deepEqual(await outcome(2), { status: "active" });
  });

  test("starts with the store away and without a runner, and catches up when they come", async (t) => {
    const { root, store, runner, startAgent, outcome } = await fleetOfOne(t);
    await publishRelease(store, contentOf({ a: "1" }));
    await rename(store.where, join(root, "away"));
    await runner.stop();
    const { metrics } = startAgent();
    await until("store errors are counted", () => /store_errors_total [1-9]/.test(metrics.toString()));
    await rename(join(root, "away"), store.where);
    await until("runner errors are counted", () => /runner_errors_total [1-9]/.test(metrics.toString()));
    await runner.start();
    assert.deepEqual(await outcome(1), { status: "active" });
  });

  test("tells a runner again that serves something else", { timeout: 20_000 }, async (t) => {
    const { store, runner, startAgent, outcome } = await fleetOfOne(t);
    startAgent();
    await publishRelease(store, contentOf({ a: "1" }));
    await outcome(1);
    runner.active = null;
    await until("the runner serves it again", () => runner.active?.generation === 1);
  });

  test("repairs its own damaged copy at start", async (t) => {
    const { store, releasesDir, runner, startAgent, outcome } = await fleetOfOne(t);
    await publishRelease(store, contentOf({ a: "export default 1" }));
    const first = startAgent();
    await outcome(1);
    await first.end();
    const module = join(releasesDir, "1", "modules", sha256Hex("export default 1"));
    await writable(module, () => writeFile(module, "damaged"));
    await mkdir(join(releasesDir, ".unfinished-7-x"));
    startAgent();
    await until(
      "it is whole again",
      async () => (await readFile(module, "utf8").catch(() => "")) === "export default 1",
    );
    await until("the runner was told", () => runner.orders.length === 2);
    await until(
      "nothing unfinished is left",
      async () => (await readdir(releasesDir)).toSorted().join() === "1,active,control",
    );
  });

  test("takes a damaged `active` for none and finds its release in the store", async (t) => {
    const { store, releasesDir, startAgent, outcome } = await fleetOfOne(t);
    await mkdir(releasesDir);
    await writeFile(join(releasesDir, "active"), '{"generation":');
    await publishRelease(store, contentOf({ a: "1" }));
    startAgent();
    assert.deepEqual(await outcome(1), { status: "active" });
  });

  test("keeps the ten newest releases", async (t) => {
    const { store, releasesDir, startAgent, outcome } = await fleetOfOne(t);
    startAgent();
    for (let n = 1; n <= 12; n++) {
      await publishRelease(store, contentOf({ a: String(n) }));
      assert.deepEqual(await outcome(n), { status: "active" });
    }
    await rollbackTo(store, 1, { deployed: deployedBy() });
    assert.deepEqual(await outcome(13), { status: "active" });
    const kept = async () =>
      (await readdir(releasesDir))
        .filter((name) => /^\d/.test(name))
        .map(Number)
        .toSorted((a, b) => a - b);
    await until("old ones are gone", async () => (await kept()).length === 10);
    assert.deepEqual(await kept(), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  });

  test("stores one copy of a module that two releases share", async (t) => {
    const { store, releasesDir, startAgent, outcome } = await fleetOfOne(t);
    startAgent();
    await publishRelease(store, contentOf({ a: "same", b: "1" }));
    await outcome(1);
    await publishRelease(store, contentOf({ a: "same", b: "2" }));
    await outcome(2);
    const inodes = ["1", "2"].map(async (n) => (await stat(join(releasesDir, n, "modules", sha256Hex("same")))).ino);
    assert.equal(await inodes[0], await inodes[1]);
  });

  test("is told of a table that calls itself another release", async (t) => {
    const { store, runner, startAgent, outcome } = await fleetOfOne(t);
    await publishRelease(store, contentOf({ a: "1" }));
    const bytes = await store.readRelease(1);
    await store.writeRelease(2, bytes);
    await store.compareAndSwapCurrent(String((await store.readCurrent())?.etag), {
      schema: CURRENT_SCHEMA,
      signature: null,
      generation: 2,
      release: 2,
      sha256: sha256Hex(bytes),
    });
    startAgent();
    assert.match(String((await outcome(2))?.reason), /calls itself release 1/);
    assert.equal(runner.orders.length, 0);
  });
});

function refusals(metrics: AgentMetrics): number {
  const counts = [...metrics.toString().matchAll(/^edge_agent_refusals_total\{.*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

function table(store: FolderStore): string {
  return join(store.where, "releases", "2.json");
}

async function writable(file: string, action: () => Promise<unknown>): Promise<void> {
  await chmod(file, 0o644);
  await action();
}

async function untilActive(
  outcome: (generation: number) => Promise<{ status: string } | undefined>,
  generation: number,
) {
  return until("the node is active", async () => {
    const found = await outcome(generation);
    return found?.status === "active" ? found : null;
  });
}
