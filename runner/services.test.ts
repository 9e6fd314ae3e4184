import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { describe, it } from "node:test";
import { type TestFunction, TestRunner, until } from "./runnerFixture.ts";
import type { Layers } from "./supervisor/messages.ts";

const HELLO: TestFunction = { code: 'export default { fetch: () => new Response("hello") };', routes: ["/hello"] };

async function readyz(runner: TestRunner) {
  return JSON.parse(await runner.admin("/readyz"));
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

function listens(runner: TestRunner): Promise<void> {
  return until("the router listens", () => runner.line("the router listens") !== undefined);
}

function workersAre(runner: TestRunner, count: number): Promise<void> {
  return until(`${count} workers are connected`, async () => (await readyz(runner)).workers === count);
}

describe("router with broker, and workers, as two services", () => {
  it("serve whichever started first, and say which layers hold the workers", async () => {
    await using runner = new TestRunner();
    const sandbox = runner.spawn("sandbox");
    await until("the workers' supervisor has started", () => runner.line("the workers' sandbox") !== undefined);
    const serving = runner.spawn("runner");
    await listens(runner);
    await workersAre(runner, 3);
    await runner.deploy({ hello: HELLO });
    assert.equal((await runner.fetch("/hello")).body, "hello");
    await until("the workers' supervisor has told its layers", async () => (await readyz(runner)).sandbox !== null);
    const { sandbox: layers } = await readyz(runner);
    assert.deepEqual(layers, runner.line("the workers' sandbox")?.sandbox);
    const metrics = await runner.admin("/metrics");
    for (const [layer, on] of Object.entries(layers as Layers)) {
      assert.match(metrics, new RegExp(`^edge_runner_sandbox_layer\\{layer="${layer}"[^}]*\\} ${on ? 1 : 0}$`, "m"));
    }
    await stop(serving, "SIGTERM");
    await stop(sandbox, "SIGTERM");
    assert.deepEqual([serving.exitCode, sandbox.exitCode], [0, 0]);
  });

  it("go on when the other is killed, and serve again when it is back; requests wait for it", async () => {
    await using runner = new TestRunner();
    let serving = runner.spawn("runner");
    let sandbox = runner.spawn("sandbox");
    await listens(runner);
    await workersAre(runner, 3);
    await runner.deploy({ hello: HELLO });

    await stop(sandbox, "SIGKILL");
    await workersAre(runner, 0);
    await until("the layers are gone with them", async () => (await readyz(runner)).sandbox === null);
    const waiting = runner.fetch("/hello");
    sandbox = runner.spawn("sandbox");
    assert.equal((await waiting).body, "hello");
    await workersAre(runner, 3);

    await stop(serving, "SIGKILL");
    runner.lines.length = 0;
    serving = runner.spawn("runner");
    await listens(runner);
    await workersAre(runner, 3);
    assert.equal(sandbox.exitCode, null);
    await runner.deploy({ hello: HELLO });
    assert.equal((await runner.fetch("/hello")).body, "hello");
    const deaths = /edge_runner_process_deaths_total\{process="worker",cause="router"/;
    await until("the deaths are told", async () => deaths.test(await runner.admin("/metrics")));
    await stop(serving, "SIGTERM");
    await stop(sandbox, "SIGTERM");
  });
});
