import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { TestRunner, until } from "@edge-fleet/runner/runnerFixture";
import { Prometheus } from "../../cli/prometheus.ts";
import { freePort } from "../bindings/freePort.ts";
import { TestProject } from "./edgeCommand.ts";
import { PROMETHEUS, TestPrometheus } from "./testPrometheus.ts";

const stackAt = (port: number) => `config:
  edge-fleet:target: local
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, NA, SA, AN, AS, OC], default: true, address: 127.0.3.1 }
  edge-fleet:local: { hubAddress: 127.0.0.1, ports: { prometheus: ${port} } }
`;

describe("edge stats", { timeout: 120_000, skip: PROMETHEUS === undefined ? "needs Prometheus" : false }, () => {
  it("says so where no Prometheus answers", async () => {
    const port = await freePort();
    using project = new TestProject({ stack: stackAt(port) });
    const { code, stderr } = await project.edge(["stats"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`Prometheus at http://127\\.0\\.0\\.1:${port}: does not answer\\. Is the fleet up\\?`),
    );
  });

  it("ends at the second Ctrl-C, also while nobody answers it", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const silent = createServer(() => resolve()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    using project = new TestProject({ stack: stackAt((silent.address() as { port: number }).port) });
    await using stats = project.start(["stats"]);
    await asked;
    const again = setInterval(() => stats.signal("SIGINT"), 100);
    assert.equal(await stats.ended, 130);
    clearInterval(again);
    silent.close();
  });

  it("tells requests, latency, errors and cold starts of a runner by the function, and which limits fired", async () => {
    await using runner = new TestRunner({ region: "eu-central-1" });
    await runner.start();
    await runner.deploy({
      good: { code: 'export default { fetch: () => new Response("good") };', routes: ["/good"] },
      bad: { code: "export default { fetch() { for (;;); } };", routes: ["/bad"], limits: { cpuMs: 20 } },
    });
    await using hub = new TestPrometheus(await freePort(), runner.adminAddress.port);
    using project = new TestProject({ stack: stackAt(hub.port) });
    const prometheus = new Prometheus(`http://127.0.0.1:${hub.port}`, { remedy: "" });
    const seen = async (name: string) => {
      const answered = await prometheus.query(`sum(edge_runner_invocations_total{function="${name}"})`).catch(() => []);
      return answered[0]?.value ?? 0;
    };
    // A rate needs a counter that has been seen before it grew.
    for (const path of ["/good", "/bad"]) await runner.fetch(path);
    await until("Prometheus has seen one of each", async () => (await seen("good")) >= 1 && (await seen("bad")) >= 1);
    for (let round = 0; round < 20; round++) await runner.fetch("/good");
    for (let round = 0; round < 3; round++) await runner.fetch("/bad");
    await until("and the others", async () => (await seen("good")) >= 21 && (await seen("bad")) >= 4);

    const { code, stdout, stderr } = await project.edge(["stats", "--over", "1m", "--json"]);
    assert.equal(code, 0, stderr);
    const { functions } = JSON.parse(stdout) as { functions: Record<string, number>[] };
    assert.deepEqual(
      functions.map((one) => one.function),
      ["good", "bad"],
    );
    const [good, bad] = functions as [Record<string, number>, Record<string, number>];
    assert.ok((good.requests ?? 0) >= 20, stdout);
    assert.equal(good.errorRate, 0);
    assert.equal(bad.errorRate, 1);
    assert.ok((good.p50Ms ?? 0) > 0 && (good.p99Ms ?? 0) >= (good.p50Ms ?? 0), stdout);
    assert.ok((good.heapPeakMb ?? 0) > 0, stdout);

    const text = await project.edge(["stats", "--over", "1m"]);
    assert.match(
      text.stdout,
      /^FUNCTION +REQUESTS +PER SECOND .* HEAP\ngood +\d+ +[\d.]+ +[▁-█]{25} +[\d.]+ ms .* 0\.0% .* MB\nbad +\d+ .* 100\.0% /,
    );
    const limits = await prometheus.query("sum by (function, limit) (edge_runner_limits_fired_total)");
    assert.ok(limits.some(({ labels }) => labels.function === "bad" && labels.limit === "cpuMs"));
  });
});
