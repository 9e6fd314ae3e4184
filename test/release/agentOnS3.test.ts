/** A node whose releases are in S3, with a replica nearby, while both fail in turn: what runs goes on, and what comes is whole. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import type { AgentConfig } from "../../runner/agent/config.ts";
import { BARE_AGENT } from "../../runner/agent/configFixture.ts";
import { StandInRunner } from "../../runner/agent/standInRunner.ts";
import { contentOf, publishRelease } from "../../runner/release/fixtures.ts";
import { openStore } from "../../runner/release/openStore.ts";
import type { ReleaseStore } from "../../runner/release/store.ts";
import { until } from "../../runner/runnerFixture.ts";
import { REGION } from "./moto.ts";
import { mulberry32, s3Fixture } from "./s3Fixture.ts";

const NODE = "n1";

const { moto, home, replica, address } = s3Fixture();
const dir = mkdtempSync(join(tmpdir(), "edge-agent-s3-"));
const runner = new StandInRunner(join(dir, "releases"), join(dir, "control.sock"));
let agent = { admin: "", kill: async () => {} };
/** A deployer whose way to S3 is undisturbed. */
let deployer: ReleaseStore;
let buckets = { home: "", replica: "" };

async function startAgent(): Promise<typeof agent> {
  const config: AgentConfig = {
    ...BARE_AGENT,
    node: NODE,
    region: REGION,
    store: { address: address(buckets.home), replicas: [address(buckets.replica, replica)] },
    releasesDir: join(dir, "releases"),
    control: join(dir, "control.sock"),
    pollMs: 100,
  };
  const file = join(dir, "agent.json");
  writeFileSync(file, JSON.stringify(config));
  const main = join(import.meta.dirname, "../../runner/agent/main.ts");
  const child = spawn(process.execPath, [main, file], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await until("the agent is there", () => /"admin":"[\d.:]+"/.test(text));
  return {
    admin: `http://${/"admin":"([\d.:]+)"/.exec(text)?.[1]}`,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Publishes a release; its objects come to the replica where that is wanted. */
async function deploy(source: string, { isReplicated = true } = {}): Promise<number> {
  const { current } = await publishRelease(deployer, contentOf({ a: source, b: "the same" }));
  if (isReplicated) {
    for (const key of await moto.keys(buckets.home, "fleet/a/")) await moto.copy(buckets.home, buckets.replica, key);
  }
  return current.generation;
}

const takes = (generation: number) =>
  until(
    `generation ${generation} is active`,
    async () => (await deployer.readAcks()).get(NODE)?.generation === generation,
  );
const misses = async (reason: string) => {
  const text = await (await fetch(`${agent.admin}/metrics`)).text();
  return Number(new RegExp(`replica_misses_total\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
};

describe("a node on a store in S3", () => {
  before(async () => {
    buckets = { home: await moto.bucket(), replica: await moto.bucket() };
    deployer = await openStore(
      `s3://${buckets.home}/fleet/a/?region=${REGION}&endpoint=${encodeURIComponent(moto.endpoint)}`,
    );
    await runner.start();
  });
  beforeEach(() => {
    for (const proxy of [home, replica]) proxy.fault = () => null;
  });
  after(async () => {
    await agent.kill();
    await runner.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  test("takes its first release from the replica", async () => {
    const generation = await deploy("1");
    home.seen.length = 0;
    agent = await startAgent();
    await takes(generation);
    assert.ok(!home.seen.some(({ method, path }) => method === "GET" && path.includes("/modules/")));
  });

  test("takes a release that the replica has not got yet, or has in part, from home", async () => {
    await takes(await deploy("2", { isReplicated: false }));
    assert.ok((await misses("absent")) > 0);
    replica.fault = () => ({ kind: "truncated" });
    // The node sees the release when the replica has it.
    home.fault = ({ path }) => (path.includes("/current") ? { kind: "refused" } : null);
    const generation = await deploy("3");
    home.fault = () => null;
    await takes(generation);
    assert.ok((await misses("damaged")) > 0);
  });

  test("takes releases while S3 is slow and a third of its calls fail", async (t) => {
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const random = mulberry32(seed);
    for (const proxy of [home, replica]) {
      proxy.fault = () => {
        const share = random();
        if (share < 0.15) return { kind: "status", status: 503, code: "SlowDown" };
        if (share < 0.3) return { kind: "cut" };
        return share < 0.6 ? { kind: "slow", ms: 200 } : null;
      };
    }
    for (const source of ["4", "5", "6"]) await takes(await deploy(source));
  });

  test("refuses a release whose module cannot be found, keeps what runs, and takes it when it is there", async () => {
    const before = runner.active?.generation;
    for (const proxy of [home, replica]) {
      proxy.fault = ({ method, path }) =>
        method === "GET" && path.includes("/modules/") ? { kind: "status", status: 404, code: "NoSuchKey" } : null;
    }
    const generation = await deploy("7");
    const refused = async () => (await deployer.readAcks()).get(NODE)?.refused;
    await until("it is refused", async () => (await refused())?.generation === generation);
    assert.match((await refused())?.reason ?? "", /modules\/[0-9a-f]{64}.*is not in the store/);
    assert.equal(runner.active?.generation, before);
    for (const proxy of [home, replica]) proxy.fault = () => null;
    await takes(generation);
  });

  test("goes on while S3 is away, over a restart too, and catches up", async () => {
    for (const proxy of [home, replica]) proxy.fault = () => ({ kind: "refused" });
    const before = runner.active?.generation;
    const generation = await deploy("8");
    await agent.kill();
    await runner.boot();
    assert.equal(runner.active?.generation, before, "it boots from its own disk");
    agent = await startAgent();
    const errors = async () =>
      Number(/edge_agent_store_errors_total (\d+)/.exec(await (await fetch(`${agent.admin}/metrics`)).text())?.[1]);
    await until("it has tried", async () => (await errors()) > 0);
    assert.equal(runner.active?.generation, before);
    assert.deepEqual(runner.faults, []);
    for (const proxy of [home, replica]) proxy.fault = () => null;
    await takes(generation);
  });
});
