import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";
import type { RunOrder, Schedule } from "./schedules/schedule.ts";

const EVERY_FIVE: Schedule = { cron: "*/5 * * * *", scope: "fleet" };
const CODE = `export default {
  async fetch(request, env, ctx) { return Response.json(globalThis.events ?? []); },
  async scheduled(event, env, ctx) {
    console.log("run " + JSON.stringify({ ...event, frozen: Object.isFrozen(event), who: env.WHO, keys: Object.keys(ctx).sort() }));
    ctx.waitUntil(new Promise((resolve) => setTimeout(() => { console.log("later"); resolve(); }, 5)));
    if (env.DO === "throw") { ctx.passThroughOnException(); throw new TypeError("not today"); }
    if (env.DO === "hang") await new Promise(() => { setTimeout(() => {}, 60_000); });
    if (env.DO === "burn") for (;;);
    return "ignored";
  },
};`;

function order(name: string, change: Partial<RunOrder> = {}): RunOrder {
  return { function: name, ...EVERY_FIVE, scheduledTime: 1_767_225_600_000, fencing: 7, ...change };
}

describe("runs of a schedule", () => {
  let runner: TestRunner;
  const jobOf = (does: string, limits = {}) => ({
    ...{
      code: CODE,
      routes: [] as string[],
      env: { WHO: "me", DO: does },
      schedules: [EVERY_FIVE],
      limits,
      passThrough: "http://127.0.0.1:1",
    },
  });
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      job: jobOf("work"),
      thrower: jobOf("throw"),
      slow: jobOf("hang", { scheduledWallMs: 100 }),
      patient: jobOf("hang"),
      burner: jobOf("burn", { cpuMs: 100 }),
      named: {
        code: "export function scheduled(event) { console.log('named ' + event.cron); }",
        routes: ["/named"],
        schedules: [EVERY_FIVE],
      },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  async function run(given: unknown): Promise<{ status: number; body: Record<string, string> }> {
    const { status, body } = await runner.ask("/runs", { method: "POST", body: JSON.stringify(given) });
    return { status, body: JSON.parse(body) };
  }

  it("give the handler its event, env and context, and end well with it", async () => {
    assert.deepEqual(await run(order("job")), { status: 200, body: { outcome: "ok" } });
    await until("what the handler does afterwards is logged", () => runner.line("later")?.function === "job");
    const line = runner.lines.find(({ message }) => `${message}`.startsWith("run "));
    assert.deepEqual(JSON.parse(`${line?.message}`.slice(4)), {
      ...{ type: "scheduled", cron: "*/5 * * * *", scope: "fleet", scheduledTime: 1_767_225_600_000, fencing: 7 },
      ...{ frozen: true, who: "me", keys: ["passThroughOnException", "waitUntil"] },
    });
    const ended = runner.line("a scheduled run ended");
    assert.deepEqual([ended?.outcome, ended?.requestId], ["ok", line?.requestId]);
  });

  it("find a handler that is a named export, and no fetch handler beside it", async () => {
    assert.deepEqual((await run(order("named"))).body, { outcome: "ok" });
    const { status, body } = await runner.fetch("/named");
    assert.equal(status, 502);
    assert.match(body, /has no fetch handler/);
  });

  for (const [name, reason] of [
    ["thrower", /^ERR_FUNCTION_THREW/],
    ["slow", /^ERR_LIMIT_SCHEDULED_WALL_MS.*scheduledWallMs: \d+ of 100/],
    ["burner", /^ERR_LIMIT_CPU_MS.*cpuMs: \d+ of 100/],
  ] as const) {
    it(`have failed, with the reason: ${name}`, async () => {
      const { status, body } = await run(order(name));
      assert.deepEqual([status, body.outcome], [200, "failed"]);
      assert.match(`${body.reason}`, reason);
    });
  }

  it("are counted, with their lag and the limits that they broke", async () => {
    const metrics = await runner.metrics();
    assert.equal(metrics.sum("edge_runner_scheduled_runs_total", { function: "job", outcome: "ok" }), 1);
    assert.equal(metrics.sum("edge_runner_scheduled_runs_total", { function: "thrower", outcome: "failed" }), 1);
    assert.equal(metrics.sum("edge_runner_scheduled_lag_seconds_count", { function: "job" }), 1);
    assert.equal(metrics.sum("edge_runner_limits_fired_total", { function: "slow", limit: "scheduledWallMs" }), 1);
    assert.equal(metrics.sum("edge_runner_invocations_total", { function: "job" }), 0);
    assert.match(
      `${runner.lines.find(({ function: name, level }) => name === "thrower" && level === "error")?.message}`,
      /not today/,
    );
  });

  it("begin nothing for what the node does not serve so, or that is switched off", async () => {
    for (const given of [order("nobody"), order("job", { cron: "* * * * *" }), order("job", { scope: "node" })]) {
      const { status, body } = await run(given);
      assert.deepEqual([status, body.outcome], [200, "refused"]);
      assert.match(`${body.reason}`, /serves no such function/);
    }
    await runner.ask("/functions/job", { method: "POST", body: '{"status":"disabled","reason":"test"}' });
    assert.match(`${(await run(order("job"))).body.reason}`, /switched off/);
    await runner.ask("/functions/job", { method: "POST", body: '{"status":"active"}' });
    for (const given of [{}, { ...order("job"), fencing: "1" }, { ...order("job"), scope: "planet" }, 7]) {
      assert.equal((await run(given)).status, 400);
    }
  });

  it("end when the agent goes", async () => {
    const asked = request({ socketPath: runner.config.control, path: "/runs", method: "POST" });
    asked.on("error", () => {});
    asked.end(JSON.stringify(order("patient")));
    await until("it runs", () =>
      runner.lines.some(({ message, function: name }) => name === "patient" && `${message}`.startsWith("run ")),
    );
    asked.destroy();
    await until("it has ended", () =>
      runner.lines.some(({ message, function: name }) => name === "patient" && message === "a scheduled run ended"),
    );
  });

  it("need a handler: a release with a schedule and none is refused", async () => {
    const release = runner.writeRelease({
      job: { code: "export default { fetch() {} };", routes: ["/"], schedules: [EVERY_FIVE] },
    });
    const { status, body } = await runner.activate(release);
    assert.equal(status, 422);
    assert.match(JSON.parse(body).reason, /has schedules and no handler.*async scheduled\(event/);
  });
});
