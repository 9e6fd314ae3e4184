import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type TestFunction, TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly } from "../../runner/runnerProcesses.ts";
import { holdingsOf, textOf } from "./figures.ts";
import { shortOrLong } from "./longRun.ts";
import { percentileMs, SteadyLoad } from "./steadyLoad.ts";

const DEPLOYS = shortOrLong(50, 1_000);
/** After so many the runner holds what it needs; later ones must not add to it. */
const WARM = Math.ceil(DEPLOYS / 5);
const PER_SECOND = 60;

function saying(text: string, name: string): TestFunction {
  return {
    code: `export default { async fetch(request) { await request.text(); return new Response(${JSON.stringify(text)}); } };`,
    routes: [`/${name}`],
  };
}

describe("a runner that is deployed to over and over", linuxOnly, () => {
  it(`fails no request in ${DEPLOYS} deploys under load, serves what was deployed last, and holds no more for it`, async (t) => {
    await using runner = new TestRunner();
    await runner.start();
    const functions: Record<string, TestFunction> = {};
    for (const name of ["calm", "first", "second"]) functions[name] = saying("start", name);
    await runner.deploy(functions);
    const load = new SteadyLoad(runner.config.data, {
      targets: [
        { path: "/calm" },
        { path: "/first" },
        { path: "/second" },
        { path: "/first", method: "POST", body: "x" },
      ],
      perSecond: PER_SECOND,
      longestMs: 1_800_000,
    });
    const supervisor = runner.process?.pid as number;
    let warm = holdingsOf(supervisor);
    const started = performance.now();
    for (let deploy = 1; deploy <= DEPLOYS; deploy++) {
      const name = deploy % 2 === 0 ? "first" : "second";
      functions[name] = saying(`deploy ${deploy}`, name);
      await runner.deploy(functions);
      assert.equal((await runner.fetch(`/${name}`)).body, `deploy ${deploy}`);
      if (deploy === WARM) warm = holdingsOf(supervisor);
    }
    const tookMs = performance.now() - started;
    const samples = await load.stop();
    const held = holdingsOf(supervisor);
    t.diagnostic(
      `${(tookMs / DEPLOYS).toFixed(0)} ms a deploy, ${samples.length} requests, p99 ${percentileMs(samples, 0.99).toFixed(1)} ms`,
    );
    t.diagnostic(`after ${WARM}: ${textOf(warm)}; after ${DEPLOYS}: ${textOf(held)}`);
    assert.deepEqual(
      samples.filter(({ status }) => status !== 200),
      [],
    );
    for (const kind of ["router", "broker", "worker"] as const) {
      assert.ok(held[kind].files <= warm[kind].files + 10, `${kind} holds files of old releases`);
      assert.ok(held[kind].mb <= warm[kind].mb * 1.5 + 40, `${kind} holds memory of old releases`);
    }
    // A retired version's figures stay for one more scrape.
    const versions = async () =>
      new Set([...(await runner.admin("/metrics")).matchAll(/version="(\w+)"/g)].map(([, version]) => version)).size;
    await until("retired versions are out of the metrics", async () => (await versions()) <= 6);
  });
});
