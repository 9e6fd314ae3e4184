import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type TestAnswer, type TestFunction, TestRunner, until } from "./runnerFixture.ts";

/** Enough that a function counts as calm, a slow first request of a cold isolate included. */
const CALM_AFTER = 250;
const SPIN =
  "const spin = (ms) => { const n = ms * 40000; let x = 0; for (let i = 0; i < n * 25; i++) x += i; return x; };";

const FUNCTIONS: Record<string, TestFunction> = {
  moody: {
    code: `let runs = 0; ${SPIN}
    export default { async fetch(request) {
      const { searchParams } = new URL(request.url);
      if (searchParams.has("told")) await fetch("http://127.0.0.1:9/").catch(() => {});
      if (searchParams.has("tells")) fetch("http://127.0.0.1:9/").catch(() => {});
      if (searchParams.has("spin")) spin(80);
      if (searchParams.has("wait")) await new Promise((resolve) => setTimeout(resolve, 300));
      return new Response(String(++runs) + (await request.text()));
    } };`,
    routes: ["/moody"],
    limits: { cpuMs: 10_000, wallMs: 30_000 },
  },
  thrifty: {
    code: `${SPIN} export default { async fetch(request) {
      if (request.url.endsWith("?much")) {
        for (let i = 0; i < 20_000; i++) { spin(0.1); await new Promise((resolve) => setTimeout(resolve, 0)); }
      }
      if (request.method === "POST") await new Promise((resolve) => setTimeout(resolve, 200));
      return new Response("done");
    } };`,
    routes: ["/thrifty"],
    limits: { cpuMs: 100 },
  },
};

async function calm(runner: TestRunner, path: string): Promise<void> {
  for (let round = 0; round < CALM_AFTER / 10; round++) {
    await Promise.all(Array.from({ length: 10 }, () => runner.fetch(path)));
  }
}

function errorOf(answer: TestAnswer) {
  return JSON.parse(answer.body).error;
}

async function exits(runner: TestRunner, name: string, cause: string): Promise<number> {
  const lines = (await runner.admin("/metrics")).split("\n");
  const line = lines.find(
    (text) =>
      text.startsWith("edge_runner_isolate_exits_total") &&
      text.includes(`function="${name}"`) &&
      text.includes(`cause="${cause}"`),
  );
  return Number(line?.split(" ").at(-1) ?? 0);
}

describe("entries on the worker's own thread", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy(FUNCTIONS);
  });
  after(() => runner[Symbol.asyncDispose]());

  it("stops a calm function that holds the thread, and runs again what had not left the isolate, whatever its method", async () => {
    // A slow entry while it is being watched makes it wait longer for its calm: on a busy machine that happens.
    for (let round = 0; round < 8 && (await exits(runner, "moody", "slice")) === 0; round++) {
      await calm(runner, "/moody");
      const waiting = Array.from({ length: 3 }, () => runner.fetch("/moody?wait", { method: "POST", body: "-kept" }));
      await runner.fetch("/moody");
      const spun = await runner.fetch("/moody?spin", { method: "POST", body: "-spun" });
      assert.equal(spun.status, 200, spun.body);
      assert.match(spun.body, /^\d+-spun$/);
      for (const answer of await Promise.all(waiting)) assert.match(answer.body, /^\d+-kept$/);
    }
    assert.ok((await exits(runner, "moody", "slice")) > 0);
  });

  it("runs such a function on another thread from then on", async () => {
    const lost = await exits(runner, "moody", "slice");
    assert.equal((await runner.fetch("/moody?spin")).status, 200);
    assert.equal(await exits(runner, "moody", "slice"), lost);
  });

  for (const first of ["told", "tells"]) {
    it(`answers a request that ${first === "told" ? "had told the host something" : "tells the host something in the entry"} before it held the thread, and all others`, async () => {
      const before = await exits(runner, "moody", "slice");
      for (let round = 0; round < 8 && (await exits(runner, "moody", "slice")) === before; round++) {
        await calm(runner, "/moody");
        const waiting = Array.from({ length: 3 }, () =>
          runner.fetch("/moody?wait&told", { method: "POST", body: "-x" }),
        );
        for (const answer of [await runner.fetch(`/moody?${first}&spin`), ...(await Promise.all(waiting))]) {
          assert.equal(answer.status, 200, answer.body);
        }
        // The function was calm, so that it could have been stopped.
        if ((await exits(runner, "moody", "slice")) === before) await runner.fetch("/moody?spin");
      }
      assert.ok((await exits(runner, "moody", "slice")) > before);
    });
  }

  it("ends a request that used up its CPU time in many small entries, and no other", async () => {
    await calm(runner, "/thrifty");
    let unharmed = false;
    // An entry that is held up on a busy machine may be in the isolate's way after all: not every time.
    for (let round = 0; round < 4 && !unharmed; round++) {
      const lost = await exits(runner, "thrifty", "cpu");
      const others = Array.from({ length: 5 }, () => runner.fetch("/thrifty", { method: "POST", body: "x" }));
      const answer = await runner.fetch("/thrifty?much");
      assert.deepEqual([answer.status, errorOf(answer).code], [503, "ERR_LIMIT_CPU_MS"]);
      assert.ok(errorOf(answer).used >= 100);
      const answers = await Promise.all(others);
      unharmed = answers.every(({ status }) => status === 200) && (await exits(runner, "thrifty", "cpu")) === lost;
    }
    assert.ok(unharmed);
  });
});

describe("the isolates of a worker", () => {
  const NAMES = ["a", "b", "c", "d", "e", "f"];
  const code = `export default { async fetch(request, env, ctx) {
    const { searchParams } = new URL(request.url);
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    if (searchParams.has("later")) ctx.waitUntil(wait(1500).then(() => console.log("kept to the end")));
    if (searchParams.has("wait")) await wait(700);
    return new Response("ok");
  } };`;
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1, isolates: { max: 2, idleMs: 60_000, spare: 1 } });
    await runner.start();
    await runner.deploy(Object.fromEntries(NAMES.map((name) => [name, { code, routes: [`/${name}`] }])));
  });
  after(() => runner[Symbol.asyncDispose]());

  it("make room by their last use, and come again when they are asked for", async () => {
    // The first requests of a new version are served elsewhere.
    await until("one comes again after it was evicted", async () => {
      for (const name of NAMES) assert.equal((await runner.fetch(`/${name}`)).body, "ok");
      const metrics = await runner.admin("/metrics");
      return /edge_runner_cold_starts_total\{function="a",[^}]*cause="evicted"[^}]*\} [1-9]/.test(metrics);
    });
    assert.ok((await exits(runner, "a", "evicted")) > 0);
  });

  it("are left alone while promises given to waitUntil are pending", async () => {
    const lost = await exits(runner, "b", "evicted");
    assert.equal((await runner.fetch("/b?later")).status, 200);
    for (const name of ["c", "d", "e", "f", "a"]) assert.equal((await runner.fetch(`/${name}`)).status, 200);
    await until("it has run to its end", () => runner.line("kept to the end") !== undefined);
    assert.equal(await exits(runner, "b", "evicted"), lost);
  });

  it("are more for a while when all are busy; what finds no room waits and is answered", async () => {
    const answers = await Promise.all(NAMES.map((name) => runner.fetch(`/${name}?wait`)));
    assert.ok(answers.every(({ status }) => status === 200));
    await until("they are few again", async () => {
      const lines = (await runner.admin("/metrics")).match(/^edge_runner_isolates\{.*state="live".*$/gm) ?? [];
      return lines.length > 0 && lines.every((line) => Number(line.split(" ").at(-1)) <= 2);
    });
  });
});
