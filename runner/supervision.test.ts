import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type TestFunction, TestRunner, until } from "./runnerFixture.ts";
import { descendantsOf, isGone, linuxOnly, openFiles, runnerProcesses, zombiesOf } from "./runnerProcesses.ts";

const HELLO: TestFunction = { code: 'export default { fetch: () => new Response("hello") };', routes: ["/hello"] };
/** Later ones wait for the back-off, 5 s each. */
const KILLS = process.env.EDGE_TEST_FULL === "1" ? 50 : 25;
/** From a process's death to the start of the next. A busy machine misses it now and then: one of some kills must keep it. */
const REPLACED_WITHIN_MS = 300;
const TRIES = 10;

type Role = "worker" | "router" | "broker";

async function isReady(runner: TestRunner): Promise<boolean> {
  const answer = await runner.admin("/readyz").catch(() => "{}");
  const { workers, ready } = JSON.parse(answer);
  return ready === true && workers === 3;
}

describe("the supervision of the runner's processes", linuxOnly, () => {
  let runner: TestRunner;
  let supervisor = 0;
  before(async () => {
    runner = new TestRunner();
    await runner.start();
    await runner.deploy({ hello: HELLO });
    supervisor = runner.process?.pid as number;
  });
  after(() => runner[Symbol.asyncDispose]());

  it("starts a killed worker anew within 300 ms", async () => {
    const took: number[] = [];
    while (took.length < TRIES && !took.some((ms) => ms <= REPLACED_WITHIN_MS)) {
      await until("all workers are there", () => isReady(runner));
      const known = runnerProcesses(supervisor, "worker");
      process.kill(known[took.length % known.length] as number, "SIGKILL");
      const diedMs = performance.now();
      await until("the next one runs", () => runnerProcesses(supervisor, "worker").some((pid) => !known.includes(pid)));
      took.push(performance.now() - diedMs);
    }
    console.log(`a killed worker's successor runs after ${took.map((ms) => ms.toFixed(0)).join(", ")} ms`);
    assert.ok(Math.min(...took) <= REPLACED_WITHIN_MS, `${took}`);
  });

  it("survives many kills of any of them without leaving a process, a zombie or an open file behind", async () => {
    await until("all is there", () => isReady(runner));
    const before = openFiles(supervisor).length;
    const roles: readonly Role[] = ["worker", "worker", "worker", "broker"];
    for (let kill = 0; kill < KILLS; kill++) {
      const role = roles[kill % roles.length] as Role;
      const running = () => runnerProcesses(supervisor, role);
      await until(`a ${role} is there`, () => running().length > 0);
      const pid = running()[kill % running().length] ?? (running()[0] as number);
      process.kill(pid, "SIGKILL");
      await until("it is gone", () => isGone(pid));
    }
    await until("all is there again", () => isReady(runner));
    assert.equal((await runner.fetch("/hello")).body, "hello");
    await until("no zombie is left", () => zombiesOf(supervisor).length === 0);
    await until("no file is left open", () => openFiles(supervisor).length <= before);
    const count = (role: Role) => runnerProcesses(supervisor, role).length;
    const counts = () => `${count("router")} router, ${count("broker")} broker, ${count("worker")} workers`;
    // Readiness says nothing of the broker, and the process that compiles goes a moment after its work.
    await until("each is there and no more", () => counts() === "1 router, 1 broker, 3 workers");
  });

  it("has the router back after its death, with all workers", async () => {
    const [router] = runnerProcesses(supervisor, "router");
    runner.lines.length = 0;
    process.kill(router as number, "SIGKILL");
    await until("the next router listens", () => runner.line("the router listens") !== undefined);
    await until("workers are connected", async () => {
      return JSON.parse(await runner.admin("/readyz").catch(() => "{}")).workers === 3;
    });
    await runner.deploy({ hello: HELLO });
    assert.equal((await runner.fetch("/hello")).body, "hello");
  });

  it("takes every process along when the supervisor dies, what holds the workers too", async () => {
    const all = descendantsOf(supervisor).map(({ pid }) => pid);
    assert.ok(all.length >= 5);
    process.kill(supervisor, "SIGKILL");
    await until("all are gone", () => all.every(isGone));
  });
});
