import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TestFunction, TestRunner, until } from "../../runner/runnerFixture.ts";
import { cannotShift, ShiftedClock } from "./clock/shiftedClock.ts";
import { SteadyLoad } from "./steadyLoad.ts";

const HOUR = 3_600;
const JUMPS = [2 * HOUR, -5 * HOUR, 30 * 24 * HOUR, -365 * 24 * HOUR, 0];
const HELD_MS = 1_000;

const FUNCTIONS: Readonly<Record<string, TestFunction>> = {
  calm: {
    code: "export default { async fetch(request) { await request.text(); return new Response('calm'); } };",
    routes: ["/calm"],
    limits: { wallMs: 2_000 },
  },
  waits: {
    code: `export default { async fetch() {
      const from = performance.now(); let last = from;
      for (let tick = 0; tick < 20; tick++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (performance.now() < last) return new Response("backwards", { status: 500 });
        last = performance.now();
      }
      return Response.json({ tookMs: last - from });
    } };`,
    routes: ["/waits"],
    limits: { wallMs: 10_000 },
  },
  tells: { code: "export default { fetch: () => new Response(Date.now()) };", routes: ["/tells"] },
};

/** V8 cannot split a string of 400 MB in an isolate of any size and ends the process. */
const KILLER: TestFunction = {
  code: `export default { fetch(request) {
    if (request.method === "POST") "ab".repeat(2e8).split("");
    return new Response("alive");
  } };`,
  routes: ["/killer"],
  isolation: "private",
  limits: { heapMb: 64, cpuMs: 30_000, wallMs: 30_000 },
};

describe("a runner whose wall clock jumps", { skip: cannotShift() }, () => {
  it("fires no limit, no timer and no watch for it, in either direction", async (t) => {
    using clock = new ShiftedClock();
    await using runner = new TestRunner();
    runner.wrapper = clock.wrapper;
    await runner.start();
    await runner.deploy(FUNCTIONS);
    const all = async () => JSON.parse(await runner.admin("/readyz")).workers === 3;
    await until("all workers are connected", all);
    const lines = runner.lines.length;
    const load = new SteadyLoad(runner.config.data, {
      targets: [{ path: "/calm" }, { path: "/calm", method: "POST", body: "x" }],
      perSecond: 50,
      longestMs: 60_000,
    });
    for (const seconds of JUMPS) {
      const waiting = runner.fetch("/waits");
      await delay(HELD_MS / 3);
      clock.shift(seconds);
      const told = Number((await runner.fetch("/tells")).body) - Date.now();
      t.diagnostic(`${seconds / HOUR} h: a function's clock is ${(told / 1_000 / HOUR).toFixed(1)} h off`);
      assert.ok(Math.abs(told / 1_000 - seconds) < 60, "the clock has jumped in the worker, too");
      const { status, body } = await waiting;
      assert.equal(status, 200, body);
      const { tookMs } = JSON.parse(body);
      assert.ok(tookMs >= 950 && tookMs < 8_000, `${tookMs} ms by the function's own clock`);
    }
    const samples = await load.stop();
    assert.ok(samples.length > 50);
    assert.deepEqual(
      samples.filter(({ status }) => status !== 200),
      [],
    );
    const wrong = runner.lines.slice(lines).filter(({ level }) => level === "error" || level === "warn");
    assert.deepEqual(wrong, []);
    assert.ok(await all());
  });

  it("neither ends a quarantine for it nor makes it longer", async () => {
    using clock = new ShiftedClock();
    await using runner = new TestRunner();
    runner.wrapper = clock.wrapper;
    await runner.start();
    await runner.deploy({ killer: KILLER });
    const left = async (): Promise<number | undefined> =>
      JSON.parse((await runner.ask("/functions")).body).functions.killer.leftSeconds;
    await until("it is in quarantine", async () => {
      await runner.fetch("/killer", { method: "POST", body: "x" });
      return (await left()) !== undefined;
    });
    const beganMs = performance.now();
    const atFirst = (await left()) ?? 0;
    for (const seconds of [HOUR, -HOUR]) {
      clock.shift(seconds);
      const passedBefore = (performance.now() - beganMs) / 1_000;
      const now = (await left()) ?? 0;
      const passed = (performance.now() - beganMs) / 1_000;
      // Whole seconds, rounded up.
      assert.ok(now <= Math.max(0, atFirst - passedBefore + 1) && now >= atFirst - passed - 1, `${now} s left`);
    }
    await until("it has ended", async () => (await left()) === undefined);
    assert.ok((performance.now() - beganMs) / 1_000 > atFirst - 2);
    assert.equal((await runner.fetch("/killer")).body, "alive");
  });
});
