import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";
import { bundles } from "./supervisor/bundles.ts";

/** Uses what the platform has from the start and what it loads when it is asked for. */
const CODE = `var index_default = { async fetch(request) {
  const packed = new Response("packed").body.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode("abc")));
  const roads = [() => eval("1"), () => (() => {}).constructor("return 1")()];
  const started = Date.now();
  for (let i = 0, x = 0; i < 1e6; i++) x += i;
  const stoodStill = Date.now() === started;
  return Response.json({
    path: new URL(request.url).pathname, text: await request.text(), packed: await new Response(packed).text(), digest: digest[0],
    refused: roads.map((road) => { try { return road(); } catch (error) { return error.name; } }),
    stoodStill, left: Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith("__edge")),
  });
} };
export {
  index_default as default
};
`;
const NAMES = ["one", "two", "three"];

describe("a runner without a snapshot of the platform", () => {
  let runner: TestRunner;
  before(async () => {
    // Each function's isolate takes the place of another's.
    runner = new TestRunner({ workers: 1, isolates: { max: 1, idleMs: 60_000, spare: 1 } });
    const { snapshot } = await bundles(runner.config.cacheDir);
    writeFileSync(snapshot, "process.exitCode = 3;");
    await runner.start();
    await runner.deploy(
      Object.fromEntries(NAMES.map((name) => [name, { code: `// ${name}\n${CODE}`, routes: [`/${name}`] }])),
    );
  });
  after(() => runner[Symbol.asyncDispose]());

  it("says so, with the reason", async () => {
    const line = runner.line(
      "no snapshot of the platform: every isolate evaluates it, which takes several times as long",
    );
    assert.deepEqual([line?.level, line?.problem], ["warn", "it ended with 3"]);
  });

  it("evaluates the platform in each isolate: functions run as they do otherwise, and are held as well", async () => {
    for (let round = 0; round < 3; round++) {
      for (const name of NAMES) {
        const { status, body } = await runner.fetch(`/${name}`, { method: "POST", body: "sent" });
        assert.equal(status, 200, body);
        assert.deepEqual(JSON.parse(body), {
          ...{ path: `/${name}`, text: "sent", packed: "packed", digest: 0xba },
          ...{ refused: ["EvalError", "EvalError"], stoodStill: true, left: [] },
        });
      }
    }
    assert.ok((await runner.metrics()).sum("edge_runner_isolate_exits_total", { cause: "evicted" }) > 0);
  });

  it("uses compiled forms all the same", async () => {
    const used = async () => (await runner.metrics()).sum("edge_runner_code_caches_total", { outcome: "used" });
    await until("one is used", async () => {
      for (const name of NAMES) assert.equal((await runner.fetch(`/${name}`)).status, 200);
      return (await used()) > 0;
    });
    assert.equal((await runner.metrics()).sum("edge_runner_code_caches_total", { outcome: "rejected" }), 0);
  });
});
