import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type TestFunction, TestRunner, until } from "./runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "./runnerProcesses.ts";

const CALM: TestFunction = { code: 'export default { fetch: () => new Response("calm") };', routes: ["/calm"] };
/** V8 cannot split a string of 400 MB in an isolate of any size and ends the process. */
const KILLER: TestFunction = {
  code: `export default { fetch(request) {
    if (request.method === "POST") "ab".repeat(2e8).split("");
    return new Response("alive");
  } };`,
  routes: ["/killer"],
  limits: { heapMb: 64, cpuMs: 30_000, wallMs: 30_000 },
};

async function statusOf(runner: TestRunner, name: string) {
  return JSON.parse((await runner.ask("/functions")).body).functions[name];
}

function order(runner: TestRunner, name: string, body: unknown) {
  return runner.ask(`/functions/${name}`, { method: "POST", body: JSON.stringify(body) });
}

/** Sends the request that kills, until the function is where it shall be. */
async function killUntil(runner: TestRunner, place: string): Promise<void> {
  await until(`the killer is ${place}`, async () => {
    if ((await statusOf(runner, "killer")).place === place) return true;
    await runner.fetch("/killer", { method: "POST", body: "x" });
    return false;
  });
}

describe("functions that harm", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner();
    await runner.start();
    await runner.deploy({ calm: CALM, killer: KILLER });
  });
  after(() => runner[Symbol.asyncDispose]());

  it("puts a function that took its process down into a worker of its own, where it goes on serving", async () => {
    const answer = await runner.fetch("/killer", { method: "POST", body: "x" });
    assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [502, "ERR_WORKER_LOST"]);
    await until("it is apart", async () => (await statusOf(runner, "killer")).place === "private");
    assert.equal((await runner.fetch("/killer")).body, "alive");
    assert.match((await statusOf(runner, "killer")).reason, /took down its worker process \(crash\)/);
  });

  it("quarantines it when it takes that one down again and again, while a neighbour loses nothing", async () => {
    let on = true;
    const bad: unknown[] = [];
    const load = (async () => {
      for (; on; ) {
        const answer = await runner.fetch("/calm");
        if (answer.status !== 200) bad.push(answer);
      }
    })();
    await killUntil(runner, "quarantined");
    on = false;
    await load;
    assert.deepEqual(bad, []);
    const answer = await runner.fetch("/killer");
    assert.deepEqual([answer.status, JSON.parse(answer.body).error.code], [503, "ERR_FUNCTION_QUARANTINED"]);
    assert.ok(Number(answer.headers["retry-after"]) >= 1);
    assert.match(answer.body, /took down its private worker process \(crash\)/);
    const { status, leftSeconds } = await statusOf(runner, "killer");
    assert.equal(status, "quarantined");
    assert.ok(leftSeconds > 0 && leftSeconds <= 20, `${leftSeconds} s left`);
  });

  it("lifts a quarantine by hand, and gives a new version a fresh chance", async () => {
    await killUntil(runner, "quarantined");
    const lifted = await order(runner, "killer", { status: "active" });
    assert.deepEqual([lifted.status, JSON.parse(lifted.body).status], [200, "active"]);
    assert.equal((await runner.fetch("/killer")).body, "alive");
    await killUntil(runner, "quarantined");
    await runner.deploy({ calm: CALM, killer: { ...KILLER, code: `${KILLER.code}// mended` } });
    assert.equal((await runner.fetch("/killer")).body, "alive");
    assert.equal((await statusOf(runner, "killer")).place, "probation");
  });
});

describe("functions with a worker of their own", linuxOnly, () => {
  it("are alone from the first request on, and refused where there is no worker for them", async () => {
    await using runner = new TestRunner({ privateWorkers: 1 });
    await runner.start();
    await runner.deploy({ calm: CALM, killer: { ...KILLER, isolation: "private" } });
    assert.equal((await statusOf(runner, "killer")).place, "private");
    assert.ok(runner.lines.some(({ message, slot }) => message === "a worker is connected" && slot === 3));
    assert.equal((await runner.fetch("/killer")).body, "alive");
    const workers = () => runnerProcesses(runner.process?.pid as number, "worker").length;
    const before = workers();
    const release = runner.writeRelease({
      calm: { ...CALM, isolation: "private" },
      killer: { ...KILLER, isolation: "private" },
    });
    const { status, body } = await runner.activate(release);
    assert.equal(status, 422);
    assert.match(body, /2 functions ask for a worker of their own \(calm, killer\), the node has privateWorkers: 1/);
    await runner.deploy({ calm: CALM });
    await until("its worker ends", () => workers() === before - 1);
  });
});

describe("functions that are switched off", () => {
  it("are refused with the reason until they are switched on, also by a runner that was started again", async () => {
    await using runner = new TestRunner();
    await runner.start();
    const release = await runner.deploy({ calm: CALM, killer: KILLER });
    writeFileSync(join(runner.config.releasesDir, "active"), JSON.stringify({ generation: 1, release }));
    const off = await order(runner, "calm", { status: "disabled", reason: "it costs too much" });
    assert.equal(off.status, 200);
    const refused = await runner.fetch("/calm");
    assert.deepEqual([refused.status, JSON.parse(refused.body).error.code], [503, "ERR_FUNCTION_DISABLED"]);
    assert.match(refused.body, /it costs too much/);
    assert.equal((await runner.fetch("/killer")).status, 200);
    await runner.deploy({ calm: { ...CALM, code: `${CALM.code}//` }, killer: KILLER });
    assert.equal((await runner.fetch("/calm")).status, 503);

    await runner.stop();
    runner.lines.length = 0;
    await runner.start();
    assert.equal((await runner.fetch("/calm")).status, 503);
    assert.deepEqual(await statusOf(runner, "calm").then(({ status, reason }) => [status, reason]), [
      "disabled",
      "it costs too much",
    ]);
    assert.equal((await order(runner, "calm", { status: "active" })).status, 200);
    assert.equal((await runner.fetch("/calm")).body, "calm");

    await runner.stop();
    const file = join(runner.config.stateDir, "functions.json");
    writeFileSync(file, readFileSync(file).subarray(0, 20));
    runner.lines.length = 0;
    await runner.start();
    assert.equal((await runner.fetch("/calm")).body, "calm");
    assert.match(
      `${runner.line("the file of function states is damaged; every function counts as active")?.path}`,
      /functions\.json$/,
    );
  });

  it("are named: what is not there, or not understood, is refused", async () => {
    await using runner = new TestRunner();
    await runner.start();
    await runner.deploy({ calm: CALM });
    assert.equal((await order(runner, "none", { status: "disabled", reason: "x" })).status, 404);
    for (const body of [{ status: "disabled" }, { status: "off" }, { status: "disabled", reason: "" }, []]) {
      assert.equal((await order(runner, "calm", body)).status, 400, JSON.stringify(body));
    }
    assert.equal((await statusOf(runner, "calm")).status, "active");
  });
});
