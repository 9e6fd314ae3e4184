import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { shortOrLong } from "../../test/runner/longRun.ts";
import { contentOf, deployedBy, publishRelease, scratchFolder } from "../release/fixtures.ts";
import { FolderStore } from "../release/folderStore.ts";
import { rollbackTo, waitForAcks } from "../release/publish.ts";
import { until } from "./agentFixture.ts";
import type { AgentConfig } from "./config.ts";
import { BARE_AGENT } from "./configFixture.ts";
import { LocalReleases } from "./localReleases.ts";
import { StandInRunner } from "./standInRunner.ts";

const MAIN = join(import.meta.dirname, "main.ts");
/** The agent gives itself 800 ms, and a request to the runner a minute; the rest is what a busy machine takes. */
const STOPS_WITHIN_MS = 10_000;
const KILLED_DEPLOYS = shortOrLong(10, 100);

async function nodeOf(t: TestContext, change: Partial<AgentConfig> = {}) {
  // Hooks run in the order of their making: all is stopped before the folder goes.
  const ends: (() => Promise<unknown>)[] = [];
  t.after(async () => {
    for (const end of ends) await end();
  });
  const root = await scratchFolder(t);
  const store = new FolderStore(join(root, "store"));
  await mkdir(store.where);
  const config: AgentConfig = {
    ...BARE_AGENT,
    node: "n1",
    region: "r1",
    store: { address: `file:${store.where}`, replicas: [] },
    releasesDir: join(root, "releases"),
    control: join(root, "control.sock"),
    pollMs: 250,
    ...change,
  };
  const runner = new StandInRunner(config.releasesDir, config.control);
  const file = join(root, "agent.json");
  await writeFile(file, JSON.stringify(config));
  const start = (configFile = file) => {
    const agent = startAgent(configFile);
    ends.unshift(agent.kill);
    return agent;
  };
  ends.push(() => runner.stop());
  return { root, store, config, runner, file, start };
}

function startAgent(file: string) {
  const child = spawn(process.execPath, [MAIN, file], { stdio: ["ignore", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const kill = () => {
    child.kill("SIGKILL");
    return exited;
  };
  const errors = child.stderr.toArray();
  const lines = createInterface(child.stdout);
  const logged: Record<string, unknown>[] = [];
  const admin = new Promise<string>((resolve) => {
    lines.on("line", (line) => {
      const entry = JSON.parse(line);
      logged.push(entry);
      if (entry.message === "agent started") resolve(`http://${entry.admin}`);
    });
  });
  return { child, exited, kill, logged, admin, errorText: async () => Buffer.concat(await errors).toString() };
}

test("takes a release in less than 500 ms, tells Prometheus, and ends", async (t) => {
  const { store, runner, start } = await nodeOf(t);
  await runner.start();
  const agent = start();
  const admin = await agent.admin;
  const tookMs: number[] = [];
  for (let n = 1; n <= 5; n++) {
    await publishRelease(store, contentOf({ a: String(n), b: "same" }));
    const swappedAt = performance.now();
    const outcomes = await waitForAcks(store, { generation: n, nodes: ["n1"], timeoutMs: 60_000, pollMs: 2 });
    assert.deepEqual(outcomes.get("n1"), { status: "active" });
    tookMs.push(performance.now() - swappedAt);
  }
  // Of a busy machine the best says most.
  assert.ok(Math.min(...tookMs) < 500, `${tookMs.map(Math.round)} ms`);

  assert.deepEqual(await (await fetch(`${admin}/healthz`)).json(), { status: "ok" });
  const metrics = await fetch(`${admin}/metrics`);
  assert.match(String(metrics.headers.get("content-type")), /^text\/plain/);
  assert.match(await metrics.text(), /^edge_agent_generation 5$[\s\S]*^edge_agent_applied_total 5$/m);
  assert.equal((await fetch(`${admin}/toString`)).status, 404);

  const stoppedAt = performance.now();
  agent.child.kill("SIGTERM");
  assert.deepEqual(await agent.exited, [0, null]);
  assert.ok(performance.now() - stoppedAt < STOPS_WITHIN_MS);
  assert.equal(agent.logged.at(-1)?.message, "agent stopped");
  for (const entry of agent.logged) assert.equal(entry.node, "n1");
});

test("ends soon while the runner keeps it waiting", async (t) => {
  const { store, config, start } = await nodeOf(t);
  let asked = () => {};
  const order = new Promise<void>((resolve) => (asked = resolve));
  const silent = createServer(() => asked()).listen(config.control);
  t.after(() => silent.close().closeAllConnections());
  await publishRelease(store, contentOf({ a: "1" }));
  const agent = start();
  await order;
  const stoppedAt = performance.now();
  agent.child.kill("SIGTERM");
  assert.deepEqual(await agent.exited, [0, null]);
  assert.ok(performance.now() - stoppedAt < STOPS_WITHIN_MS);
});

test(`is killed at random points of ${KILLED_DEPLOYS} deploys and always leaves one whole release`, async (t) => {
  const { store, config, runner, start } = await nodeOf(t, { pollMs: 10 });
  await runner.start();
  const local = new LocalReleases(config.releasesDir);
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`seed ${seed}`);
  const random = mulberry32(seed);
  let newest = 0;
  for (let round = 1; round <= KILLED_DEPLOYS; round++) {
    const agent = start();
    await agent.admin;
    const sources = Object.fromEntries(
      Array.from({ length: 8 }, (_, n) => [`f${n}`, `${round}-${n}${"x".repeat(20_000)}`]),
    );
    await publishRelease(store, contentOf(sources));
    await delay(random() * 60);
    await agent.kill();

    const active = await local.readActive();
    if (active !== null)
      assert.ok(await local.readWhole(active), `round ${round}: release ${active.release} is not whole`);
    assert.ok((active?.generation ?? 0) >= newest, "the generation never goes back");
    newest = active?.generation ?? 0;
    for (const name of await readdir(config.releasesDir).catch(() => [])) {
      if (!/^\d+$/.test(name)) continue;
      const table = await readFile(join(config.releasesDir, name, "release.json"));
      const modules = await readdir(join(config.releasesDir, name, "modules"));
      assert.equal(
        modules.length,
        new Set([...table.toString().matchAll(/"sha256":"(\w+)"/g)].map(([, sha]) => sha)).size,
      );
    }
    await runner.boot();
  }
  assert.deepEqual(runner.faults, [], "the runner was never told of a release that is not whole");
  start();
  const outcomes = await waitForAcks(store, { generation: KILLED_DEPLOYS, nodes: ["n1"], timeoutMs: 60_000 });
  assert.deepEqual(outcomes.get("n1"), { status: "active" });
  // Old releases go when the new one is acknowledged.
  const left = async () => (await readdir(config.releasesDir)).filter((name) => name.startsWith("."));
  await until("nothing unfinished is left", async () => (await left()).length === 0);
});

test("keeps what runs on a full disk, and says what to do", async (t) => {
  const { root, store, config, runner, start } = await nodeOf(t, { pollMs: 10 });
  await mkdir(config.releasesDir);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", config.releasesDir], { stdio: "ignore" });
  } catch {
    return t.skip("mounting a small tmpfs needs root");
  }
  await runner.start();
  const agent = start();
  const outcome = async (generation: number) =>
    (await waitForAcks(store, { generation, nodes: ["n1"], timeoutMs: 5_000 })).get("n1");
  try {
    await publishRelease(store, contentOf({ a: "1" }));
    assert.equal((await outcome(1))?.status, "active");
    await publishRelease(store, contentOf({ a: "x".repeat(400_000) }));
    const refused = await outcome(2);
    assert.equal(refused?.status, "refused");
    assert.match(String(refused?.reason), /no space left \(ENOSPC\).*EDGE_STATE_DIR/);
    assert.deepEqual((await readdir(config.releasesDir)).toSorted(), ["1", "active", "control"]);
    await rollbackTo(store, 1, { deployed: deployedBy() });
    assert.equal((await outcome(3))?.status, "active");
  } finally {
    agent.child.kill("SIGTERM");
    await agent.exited;
    await runner.stop();
    execFileSync("umount", [join(root, "releases")]);
  }
});

test("says what is wrong with its config or its address, and exits", async (t) => {
  const { config, file, start } = await nodeOf(t);
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  for (const [change, message] of [
    [{ admin: { host: "127.0.0.1", port } }, /admin 127\.0\.0\.1:\d+ .*EADDRINUSE.*admin\.port/],
    [{ control: `/${"x".repeat(103)}` }, /control is .*103 bytes.*EDGE_STATE_DIR/],
    [{ node: "../x", pollMs: 0 }, /node is "\.\.\/x".*\n.*pollMs is 0/],
  ] as const) {
    await writeFile(file, JSON.stringify({ ...config, ...change }));
    const agent = start();
    assert.deepEqual(await agent.exited, [1, null]);
    assert.match(await agent.errorText(), message);
  }
  const missing = start(`${file}.none`);
  assert.deepEqual(await missing.exited, [1, null]);
  assert.match(await missing.errorText(), /agent\.json\.none cannot be read/);
});

/** A small seeded generator, so that a failing run can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
