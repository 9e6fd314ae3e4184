import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TestFunction, TestRunner } from "../../runner/runnerFixture.ts";
import { linuxOnly, residentMb, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { percentileMs, SteadyLoad } from "./steadyLoad.ts";

const TALKER: TestFunction = {
  code: `export default { fetch() { for (let i = 0; i < 50; i++) console.log("talk " + "x".repeat(1_000)); return new Response("said"); } };`,
  routes: ["/talk"],
};
const CALM: TestFunction = { code: "export default { fetch: () => new Response('calm') };", routes: ["/calm"] };
/** The load writes some 2 MB of log a second. */
const PER_SECOND = 80;
const SILENT_MS = 5_000;
const GROWTH_MB_MAX = 60;

describe("a runner whose log is not taken", linuxOnly, () => {
  it("serves on while its reader is slow, holds little for it, and serves on when the reader is gone", async (t) => {
    await using runner = new TestRunner();
    await runner.start();
    await runner.deploy({ talker: TALKER, calm: CALM });
    const supervisor = runner.process?.pid as number;
    const load = new SteadyLoad(runner.config.data, {
      targets: [{ path: "/talk" }, { path: "/calm" }],
      perSecond: PER_SECOND,
      longestMs: 60_000,
    });
    await delay(1_000);
    const sizes = () => [supervisor, ...runnerProcesses(supervisor, "router")].map(residentMb);
    const before = sizes();
    const { stdout } = runner.process as NonNullable<typeof runner.process>;
    stdout?.pause();
    const stalledAt = performance.now();
    await delay(SILENT_MS);
    const grown = sizes().map((mb, index) => Math.round(mb - (before[index] as number)));
    const stalled = load.since(stalledAt);
    t.diagnostic(
      `no reader for ${SILENT_MS} ms: p99 ${percentileMs(stalled, 0.99).toFixed(1)} ms, supervisor +${grown[0]} MB, router +${grown[1]} MB`,
    );
    stdout?.resume();
    await delay(500);
    stdout?.destroy();
    await delay(1_000);
    const samples = await load.stop();
    assert.deepEqual(
      samples.filter(({ status }) => status !== 200),
      [],
    );
    assert.ok(
      grown.every((mb) => mb <= GROWTH_MB_MAX),
      `${grown} MB`,
    );
    assert.equal((await runner.fetch("/calm")).body, "calm");
    const dropped = (await runner.admin("/metrics")).matchAll(/^edge_runner_log_lines_dropped_total\{.*\} (\d+)$/gm);
    const sum = [...dropped].reduce((total, [, count]) => total + Number(count), 0);
    t.diagnostic(`${sum} lines dropped and counted`);
    assert.ok(sum > 0, "what was dropped is counted");
  });
});
