import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type TestAnswer, type TestFunction, TestRunner, until } from "./runnerFixture.ts";
import { childrenOf, descendantsOf, isGone, linuxOnly, processesOf, runnerProcesses } from "./runnerProcesses.ts";

const GOOD: TestFunction = { code: 'export default { fetch() { return new Response("good"); } };', routes: ["/good"] };
const FUNCTIONS: Record<string, TestFunction> = {
  good: GOOD,
  loop: { code: "export default { fetch() { for (;;); } };", routes: ["/loop"], limits: { cpuMs: 100 } },
  eater: {
    code: "export default { fetch() { const a = []; for (;;) a.push({ x: [1, 2] }); } };",
    routes: ["/eater"],
    limits: { heapMb: 32, cpuMs: 10_000 },
  },
  unstoppable: {
    code: "export default { fetch() { const a = []; for (;;) a.push(new Array(1000).fill(1.5)); } };",
    routes: ["/unstoppable"],
    limits: { heapMb: 32, cpuMs: 10_000 },
  },
  never: {
    code: "export default { fetch() { return new Promise(() => {}); } };",
    routes: ["/never"],
    limits: { wallMs: 150 },
  },
  waits: {
    code: "export default { async fetch() { console.log('it waits'); await new Promise((r) => setTimeout(r, 400)); return new Response('waited'); } };",
    routes: ["/waits"],
  },
  mixed: {
    code: `export default { async fetch(request) {
      if (new URL(request.url).searchParams.has("hog")) for (;;);
      await new Promise((resolve) => setTimeout(resolve, 150));
      return new Response("calm");
    } };`,
    routes: ["/mixed"],
    limits: { cpuMs: 50 },
  },
  narrow: {
    code: "export default { async fetch() { await new Promise((r) => setTimeout(r, 20)); return new Response('in turn'); } };",
    routes: ["/narrow"],
    limits: { concurrency: 2 },
  },
  small: {
    code: 'export default { fetch(request) { return new Response("x".repeat(Number(request.headers.get("x-size")))); } };',
    routes: ["/small"],
    limits: { requestBodyBytes: 10, responseBodyBytes: 1_024 },
  },
};

function errorOf(answer: TestAnswer) {
  return JSON.parse(answer.body).error;
}

/** Requests a path over and over until stopped; gives every answer that was not 200. */
function steadyLoad(runner: TestRunner, path: string) {
  const bad: TestAnswer[] = [];
  let served = 0;
  let on = true;
  const clients = Array.from({ length: 4 }, async () => {
    while (on) {
      const answer = await runner.fetch(path);
      if (answer.status === 200) served++;
      else bad.push(answer);
    }
  });
  return {
    async stop() {
      on = false;
      await Promise.all(clients);
      return { bad, served };
    },
  };
}

function workersOf(runner: TestRunner): number[] {
  return runnerProcesses(runner.process?.pid as number, "worker");
}

describe("a runner under attack and loss", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner();
    await runner.start();
    await runner.deploy(FUNCTIONS);
    await runner.fetch("/good");
  });
  after(() => runner[Symbol.asyncDispose]());

  it("stops an endless loop at its CPU limit while a neighbour's requests all succeed", async () => {
    const load = steadyLoad(runner, "/good");
    const answer = await runner.fetch("/loop");
    const { bad, served } = await load.stop();
    assert.equal(answer.status, 503);
    const { code, limit, value, used } = errorOf(answer);
    assert.deepEqual([code, limit, value], ["ERR_LIMIT_CPU_MS", "cpuMs", 100]);
    assert.ok(used >= 100 && used < 1_000, `used ${used}`);
    assert.deepEqual(bad, []);
    assert.ok(served > 10, `${served} served`);
  });

  it("takes the isolate from a function that eats memory while a neighbour's requests all succeed", async () => {
    const load = steadyLoad(runner, "/good");
    const answer = await runner.fetch("/eater");
    const { bad, served } = await load.stop();
    assert.equal(answer.status, 503);
    assert.equal(errorOf(answer).code, "ERR_LIMIT_HEAP_MB");
    assert.deepEqual(bad, []);
    assert.ok(served > 10, `${served} served`);
  });

  it("replaces a worker whose code cannot be stopped while a neighbour's requests all succeed", async () => {
    const load = steadyLoad(runner, "/good");
    const answer = await runner.fetch("/unstoppable");
    await until(
      "the worker retires",
      () => runner.line("a worker runs code that cannot be stopped and is being replaced") !== undefined,
    );
    await until("all workers are back", async () => JSON.parse(await runner.admin("/readyz")).workers === 3);
    const { bad } = await load.stop();
    assert.equal(errorOf(answer).code, "ERR_LIMIT_HEAP_MB");
    assert.deepEqual(bad, []);
  });

  it("answers other GET requests of a lost isolate, and the hog alone with the limit", async () => {
    await runner.fetch("/mixed");
    const calm = Array.from({ length: 5 }, () => runner.fetch("/mixed"));
    const hog = await runner.fetch("/mixed?hog");
    assert.equal(errorOf(hog).code, "ERR_LIMIT_CPU_MS");
    assert.deepEqual(
      (await Promise.all(calm)).map(({ status }) => status),
      [200, 200, 200, 200, 200],
    );
  });

  it("answers 504 when the wall time is over", async () => {
    const answer = await runner.fetch("/never");
    assert.equal(answer.status, 504);
    assert.equal(errorOf(answer).code, "ERR_LIMIT_WALL_MS");
  });

  it("lets requests over the concurrency wait in turn", async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => runner.fetch("/narrow")));
    assert.ok(answers.every(({ status }) => status === 200));
  });

  it("refuses bodies over their limits, in both directions", async () => {
    const request = await runner.fetch("/small", { method: "POST", body: "x".repeat(11), headers: { "x-size": "1" } });
    assert.deepEqual([request.status, errorOf(request).code], [413, "ERR_LIMIT_REQUEST_BODY_BYTES"]);
    const response = await runner.fetch("/small", { headers: { "x-size": "1025" } });
    assert.deepEqual([response.status, errorOf(response).code], [502, "ERR_LIMIT_RESPONSE_BODY_BYTES"]);
    assert.equal((await runner.fetch("/small", { headers: { "x-size": "1024" } })).status, 200);
  });

  it("loses no GET request when a worker is killed, and replaces it", linuxOnly, async () => {
    const load = steadyLoad(runner, "/good");
    const slow = Array.from({ length: 3 }, () => runner.fetch("/waits"));
    const victims = workersOf(runner);
    for (const pid of victims.slice(0, 2)) process.kill(pid, "SIGKILL");
    assert.deepEqual(
      (await Promise.all(slow)).map(({ status }) => status),
      [200, 200, 200],
    );
    await until("all workers are back", () => workersOf(runner).filter((pid) => !victims.includes(pid)).length >= 2);
    await until("they are connected", async () => JSON.parse(await runner.admin("/readyz")).workers === 3);
    const { bad } = await load.stop();
    assert.deepEqual(bad, []);
    const deaths = { process: "worker", cause: "signal", region: "eu-test-1" };
    assert.ok((await runner.metrics()).sum("edge_runner_process_deaths_total", deaths) >= 2);
  });

  it("answers a begun POST of a killed worker with a typed 502", linuxOnly, async () => {
    await runner.fetch("/waits");
    const seen = runner.lines.length;
    const begun = runner.fetch("/waits", { method: "POST", body: "x" });
    await until("it has begun", () => runner.lines.slice(seen).some(({ message }) => message === "it waits"));
    for (const pid of workersOf(runner)) process.kill(pid, "SIGKILL");
    const answer = await begun;
    assert.deepEqual([answer.status, errorOf(answer).code], [502, "ERR_WORKER_LOST"]);
    await until("all workers are back", async () => JSON.parse(await runner.admin("/readyz")).workers === 3);
  });

  it("kills a worker that stops answering", linuxOnly, async () => {
    // Not stuck in a loop but stopped: found by the wall clock alone, so this takes its time.
    const [pid] = workersOf(runner) as [number];
    process.kill(pid, "SIGSTOP");
    await until("it is replaced", () => !workersOf(runner).includes(pid));
    await until("all workers are back", async () => JSON.parse(await runner.admin("/readyz")).workers === 3);
  });

  it("swaps releases under load without a failed request", async () => {
    const load = steadyLoad(runner, "/good");
    for (let round = 0; round < 5; round++) {
      const text = `round ${round}`;
      await runner.deploy({
        good: { ...GOOD, code: `export default { fetch: () => new Response(${JSON.stringify(text)}) };` },
      });
      assert.equal((await runner.fetch("/good")).body, text);
    }
    const { bad, served } = await load.stop();
    assert.deepEqual(bad, []);
    assert.ok(served > 10, `${served} served`);
  });

  it("finishes a request on the version it began on", async () => {
    const waits = FUNCTIONS.waits as TestFunction;
    await runner.deploy({ waits });
    await runner.fetch("/waits");
    const old = runner.fetch("/waits");
    await runner.deploy({ waits: { ...waits, code: waits.code.replace("waited", "new") } });
    assert.equal((await old).body, "waited");
    assert.equal((await runner.fetch("/waits")).body, "new");
  });
});

describe("a runner's life", linuxOnly, () => {
  it("boots from the release on disk, drains on SIGTERM and leaves no process", async () => {
    await using runner = new TestRunner();
    const release = runner.writeRelease(FUNCTIONS);
    writeFileSync(join(runner.config.releasesDir, "active"), JSON.stringify({ generation: 7, release }));
    await runner.start();
    await until("it is ready", async () => JSON.parse(await runner.admin("/readyz")).ready);
    assert.equal(JSON.parse(await runner.admin("/readyz")).generation, 7);
    const pids = childrenOf(runner.process?.pid as number).map(({ pid }) => pid);
    assert.equal(pids.length, 5);
    await runner.fetch("/waits");
    const seen = runner.lines.length;
    const late = runner.fetch("/waits");
    await until("it has begun", () => runner.lines.slice(seen).some(({ message }) => message === "it waits"));
    assert.equal(await runner.stop(), 0);
    assert.equal((await late).body, "waited");
    assert.deepEqual(processesOf(runner.dir), []);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), /ESRCH/);
  });

  it("drains at Ctrl-C, which all its processes hear", async () => {
    await using runner = new TestRunner();
    await runner.start();
    await runner.deploy(FUNCTIONS);
    await runner.fetch("/waits");
    const seen = runner.lines.length;
    const late = runner.fetch("/waits");
    await until("it has begun", () => runner.lines.slice(seen).some(({ message }) => message === "it waits"));
    const supervisor = runner.process?.pid as number;
    for (const { pid } of descendantsOf(supervisor)) process.kill(pid, "SIGINT");
    process.kill(supervisor, "SIGINT");
    assert.equal((await late).body, "waited");
    assert.equal(await runner.stop(), 0);
    assert.deepEqual(processesOf(runner.dir), []);
  });

  it("takes its processes along when the supervisor is killed, and starts again over what that left", async () => {
    await using runner = new TestRunner();
    await runner.start();
    const pids = childrenOf(runner.process?.pid as number).map(({ pid }) => pid);
    process.kill(runner.process?.pid as number, "SIGKILL");
    await until("the children are gone", () => pids.every(isGone));
    runner.lines.length = 0;
    await runner.start();
    await runner.deploy({ good: GOOD });
    assert.equal((await runner.fetch("/good")).status, 200);
  });

  it("ends with the reason and leaves nothing when another runner has its sockets", async () => {
    await using first = new TestRunner();
    await first.start();
    await using second = new TestRunner({ ...first.config, runDir: `${first.dir}/run2` });
    await assert.rejects(second.start(), /the runner listens/);
    assert.equal(second.process?.exitCode, 1);
    assert.match(`${second.line("the router cannot start")?.reason}`, /data\.sock: another process listens there/);
    assert.deepEqual(processesOf(second.dir), []);
    assert.equal((await first.fetch("/good")).status, 503);
  });
});
