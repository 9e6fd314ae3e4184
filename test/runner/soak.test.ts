import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type TestFunction, TestRunner } from "../../runner/runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { holdingsOf, textOf } from "./figures.ts";
import { shortOrLong } from "./longRun.ts";
import { percentileMs, SteadyLoad, type Target } from "./steadyLoad.ts";

const FUNCTIONS = 500;
const SOAK_MS = shortOrLong(25_000, 1_800_000);
/** Memory and handles are compared from here on: until then isolates fill the pools. */
const WARM_MS = SOAK_MS * 0.4;
const PER_SECOND = shortOrLong(50, 80);
const ISOLATES_MAX = 50;
/** Length of the sequence of requests, in which the n-th function comes 1/n as often as the first. */
const SEQUENCE = 5_000;

function numbered(index: number): TestFunction {
  return {
    code: `const data = Array.from({ length: 500 }, (_, i) => ({ i, name: "f${index}-" + i }));
    export default { async fetch(request, env, ctx) {
      ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5)));
      const text = await request.text();
      return Response.json({ n: ${index}, found: data[text.length % 500].name, url: new URL(request.url).pathname });
    } };`,
    routes: [`/f/${index}`, `/f/${index}/*`],
    // A machine that others use holds requests up for long: what they leave behind is asked here.
    limits: { wallMs: 30_000 },
  };
}

/** Requests as people make them: few functions often, many rarely. */
function zipf(): Target[] {
  const weights = Array.from({ length: FUNCTIONS }, (_, index) => 1 / (index + 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let left = 0;
  const targets: Target[] = [];
  for (const [index, weight] of weights.entries()) {
    left += (weight / sum) * SEQUENCE;
    for (; left >= 1; left--) {
      targets.push(
        index % 5 === 0 ? { path: `/f/${index}/x`, method: "POST", body: "x".repeat(index) } : { path: `/f/${index}` },
      );
    }
  }
  // Spread by a step that shares no factor with the length: neighbours in the list are far apart in time.
  return targets.map((_, at) => targets[(at * 1_237) % targets.length] as Target);
}

describe("a runner with five hundred functions", linuxOnly, () => {
  it(`serves them for ${SOAK_MS / 1_000} s with bounded memory, handles and isolates`, async (t) => {
    await using runner = new TestRunner({ isolates: { max: ISOLATES_MAX, idleMs: 10_000, spare: 2 } });
    await runner.start();
    await runner.deploy(
      Object.fromEntries(Array.from({ length: FUNCTIONS }, (_, index) => [`f${index}`, numbered(index)])),
    );
    const supervisor = runner.process?.pid as number;
    const load = new SteadyLoad(runner.config.data, { targets: zipf(), perSecond: PER_SECOND, longestMs: SOAK_MS });
    await delay(WARM_MS);
    const warm = holdingsOf(supervisor);
    await delay(SOAK_MS - WARM_MS);
    const samples = await load.stop();
    const held = holdingsOf(supervisor);
    t.diagnostic(
      `${samples.length} requests, p50 ${percentileMs(samples, 0.5).toFixed(1)} ms, p99 ${percentileMs(samples, 0.99).toFixed(1)} ms`,
    );
    t.diagnostic(`warm: ${textOf(warm)}; at the end: ${textOf(held)}`);
    assert.deepEqual(
      samples.filter(({ status }) => status !== 200),
      [],
    );
    assert.deepEqual(
      runner.lines.filter(({ message }) => / died and is started again$/.test(`${message}`)),
      [],
    );
    for (const kind of ["router", "broker", "worker"] as const) {
      assert.ok(held[kind].files <= warm[kind].files + 10, `${kind} leaks handles`);
      assert.ok(held[kind].mb <= warm[kind].mb * 1.3 + 50, `${kind} grows`);
    }
    const isolates = (await runner.admin("/metrics")).matchAll(/^edge_runner_isolates\{.*\} (\d+)$/gm);
    const live = [...isolates].reduce((sum, [, count]) => sum + Number(count), 0);
    t.diagnostic(`${live} isolates at the end`);
    // Spare ones are counted with those that serve.
    assert.ok(live <= runnerProcesses(supervisor, "worker").length * (ISOLATES_MAX + 4), `${live} isolates`);
  });
});
