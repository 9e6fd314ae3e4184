import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { changeRelease, type Deployer } from "../../release/changeRelease.ts";
import { functionOf, scratchFolder } from "../../release/fixtures.ts";
import { deploySplit, deployStable } from "../../release/tableChanges.ts";
import type { Ack, ReleasedFunction } from "../../release/types.ts";
import { ArmCounter, type ArmCounts } from "../../traffic/armCounts.ts";
import { fleetOfOne, NODE, until } from "../agentFixture.ts";

const GUARD = { errorRate: 0.01, p99: 2, minRequests: 100 };
const STABLE = functionOf("hello", "export default 1");
const CANDIDATE = functionOf("hello", "export default 2");
const VERSIONS = { stable: STABLE.manifest.version, candidate: CANDIDATE.manifest.version };
const BYTES = new Map([STABLE, CANDIDATE].map(({ manifest, bytes }) => [manifest.modules[0]?.sha256, bytes]));

function served(requests: number, failures: number): ArmCounts {
  const counter = new ArmCounter();
  for (let request = 0; request < requests; request++) counter.answered(5, request < failures);
  return counter.counts;
}

/** One function with a split, on one node. */
async function splitFleet(t: TestContext, { isSigned = false } = {}) {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const keyFile = isSigned ? join(await scratchFolder(t), "release.pub") : null;
  if (keyFile !== null) await writeFile(keyFile, publicKey.export({ type: "spki", format: "pem" }));
  const fleet = await fleetOfOne(t, { keyFile });
  const deployed = { by: "test", at: new Date().toISOString(), reason: "test", commit: null };
  const deployer: Deployer = {
    deployed,
    modules: (sha256) => BYTES.get(sha256) ?? null,
    signer: isSigned ? privateKey : null,
    keys: isSigned ? [publicKey] : [],
  };
  await changeRelease(fleet.store, deployStable(STABLE.manifest, { owner: "program", deployed }), deployer);
  const split = deploySplit(CANDIDATE.manifest, { percent: 10, guard: GUARD, deployed });
  const { current } = await changeRelease(fleet.store, split, deployer);
  fleet.runner.splits = { hello: { versions: VERSIONS, stable: served(1_000, 0), candidate: served(120, 60) } };
  const released = async (): Promise<ReleasedFunction> => {
    const found = await fleet.store.readCurrent();
    return JSON.parse((await fleet.store.readRelease(found?.current.release ?? 0)).toString()).functions[0];
  };
  const report = async () => (await fleet.ack())?.splits?.hello;
  return { ...fleet, current, deployed, released, report };
}

describe("a node that finds a candidate too bad", () => {
  it("takes the split out of the release and says why", async (t) => {
    const { startAgent, released } = await splitFleet(t);
    const { metrics } = startAgent();
    await until("the split is over", async () => (await released()).split === null);
    const { by, reason } = (await released()).deployed;
    assert.equal(by, `node ${NODE}`);
    assert.match(reason, /^the split was ended: 60 of 120 requests failed/);
    assert.match(`${metrics}`, /^edge_agent_splits_ended_total 1$/m);
  });

  it("says so to the others where it may not change releases, and leaves the release", async (t) => {
    const { startAgent, released, report } = await splitFleet(t, { isSigned: true });
    startAgent();
    await until("the node says so", async () => (await report())?.condemned);
    assert.match((await report())?.condemned ?? "", /^60 of 120 requests failed/);
    assert.equal((await released()).split?.percent, 10);
  });

  it("still knows when it is started anew with counts that say nothing", async (t) => {
    const { startAgent, runner, report } = await splitFleet(t, { isSigned: true });
    const { end } = startAgent();
    await until("the node says so", async () => (await report())?.condemned);
    await end();
    runner.splits = {};
    const again = startAgent();
    await until("it knows", () => again.logged.some((line) => line.includes("a candidate is too bad")));
  });

  it("believes another node, whatever it counts itself", async (t) => {
    const { startAgent, runner, store, released, deployed, current } = await splitFleet(t);
    runner.splits = { hello: { versions: VERSIONS, stable: served(10, 0), candidate: served(1, 0) } };
    const condemned = {
      at: deployed.at,
      versions: VERSIONS,
      stable: served(0, 0),
      candidate: served(0, 0),
      condemned: "seen",
    };
    const { generation, release } = current;
    const ack: Ack = {
      ...{
        node: "other",
        region: "us-east-1",
        generation,
        release,
        at: deployed.at,
        functions: {},
        control: 0,
        refused: null,
      },
      splits: { hello: condemned },
    };
    await store.writeAck(ack);
    startAgent();
    await until("the split is over", async () => (await released()).split === null);
    assert.equal((await released()).deployed.reason, "the split was ended: seen");
  });
});

it("a candidate that keeps its bounds keeps its visitors, and the node says what it counts", async (t) => {
  const { startAgent, runner, released, report } = await splitFleet(t);
  runner.splits = { hello: { versions: VERSIONS, stable: served(1_000, 1), candidate: served(120, 0) } };
  const { logged } = startAgent();
  await until("the node says what it counts", async () => (await report())?.candidate.requests === 120);
  assert.deepEqual([(await report())?.condemned, (await released()).split?.percent], [null, 10]);
  assert.ok(!logged.some((line) => line.includes('"level":"error"')), logged.join("\n"));
});
