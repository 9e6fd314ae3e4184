import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, it } from "node:test";
import { deploySplit } from "../../runner/release/tableChanges.ts";
import type { ReleasedFunction } from "../../runner/release/types.ts";
import { until } from "../../runner/runnerFixture.ts";
import { shareOf, sharesOf } from "../../runner/traffic/arm.ts";
import { deployed, PolicedNode } from "../node/policedNode.ts";

const PERCENT = 10;
const GUARD = { errorRate: 0.02, p99: 3, minRequests: 30 };
const good = (text: string) => `export default { fetch: () => Response.json({ version: ${JSON.stringify(text)} }) };`;
const BAD = `let asked = 0;
export default {
  fetch(request) {
    if (++asked % 2 === 0) throw new Error("bad");
    return Response.json({ version: "bad" });
  },
};`;

const policed = new PolicedNode();
const version = (code: string) => policed.manifest("hello", { routes: ["/hello"], code });

before(() => policed.start({ hello: { routes: ["/hello"], code: good("v1") } }));
after(() => policed[Symbol.asyncDispose]());

const visitorOf = (index: number) => createHash("sha256").update(`visitor ${index}`).digest("hex").slice(0, 16);
const ask = (visitor: string) => policed.ask("/hello", { headers: { cookie: `__Host-edge-visitor=${visitor}` } });

async function current(): Promise<ReleasedFunction> {
  const found = await policed.store.readCurrent();
  const bytes = await policed.store.readRelease(found?.current.release ?? 0);
  return JSON.parse(bytes.toString()).functions[0];
}

/** Every visitor once, those of the candidate five times: it comes to its requests the sooner. */
async function visits(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    const isCandidate = shareOf(visitorOf(index), "hello") < sharesOf(PERCENT);
    for (let times = 0; times < (isCandidate ? 5 : 1); times++) await ask(visitorOf(index));
  }
}

it("a version that keeps its bounds stays", async () => {
  await policed.change(deploySplit(version(good("v2")), { percent: PERCENT, guard: GUARD, deployed: deployed() }));
  await visits(0, 200);
  const counted = async () => (await policed.store.readAcks()).get(policed.node.config.name)?.splits?.hello;
  await until("the node has told what it counted", async () => ((await counted())?.candidate.requests ?? 0) >= 60);
  const report = await counted();
  assert.deepEqual([report?.condemned, report?.candidate.failures, report?.stable.failures], [null, 0, 0]);
  assert.equal((await current()).split?.percent, PERCENT);
});

it("a bad version with a tenth of the visitors rolls itself back, and the release says why", async () => {
  await policed.change(deploySplit(version(BAD), { percent: PERCENT, guard: GUARD, deployed: deployed() }));
  const candidate = (await current()).split?.number;
  await visits(0, 300);
  await until("the split is over", async () => (await current()).split === null);
  const released = await current();
  assert.equal(released.number, 1);
  assert.ok(
    released.previews.some(({ number }) => number === candidate),
    "it is kept, to be looked at",
  );
  assert.equal(released.deployed.by, `node ${policed.node.config.name}`);
  assert.match(
    released.deployed.reason,
    /^the split was ended: \d+ of \d+ requests failed \(\d+(\.\d+)? %\), of the stable version 0 of \d+ \(0 %\); the bound is 2 % more$/,
  );
  await until("the node serves that", async () => {
    const ack = (await policed.store.readAcks()).get(policed.node.config.name);
    return ack?.release === (await policed.store.readCurrent())?.current.release;
  });
  for (let index = 0; index < 50; index++) assert.equal((await ask(visitorOf(index))).body.version, "v1");
  assert.match(policed.log, /a candidate is too bad: no visitor is led to it any more/);
  const { body } = await policed.node.plain("/metrics", policed.node.config.ports.agentAdmin);
  assert.match(body, /^edge_agent_splits_ended_total 1$/m);
});
