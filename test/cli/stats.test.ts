import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TestRunner, until } from "@edge-fleet/runner/runnerFixture";
import { readStackConfig } from "../../cli/project.ts";
import { Prometheus } from "../../cli/prometheus.ts";
import { statePaths } from "../../components/local/stateDir.ts";
import { TestProject } from "./edgeCommand.ts";

const PROGRAM = ["/usr/bin/prometheus", "/usr/local/bin/prometheus", "/opt/homebrew/bin/prometheus"].find(existsSync);

const stackAt = (port: number) => `config:
  edge-fleet:target: local
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, NA, SA, AN, AS, OC], default: true, address: 127.0.3.1 }
  edge-fleet:local: { hubAddress: 127.0.0.1, ports: { prometheus: ${port} } }
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The real program, which asks one runner every second. */
class TestPrometheus implements AsyncDisposable {
  readonly port: number;
  readonly #dir = mkdtempSync(join(tmpdir(), "edge-prometheus-"));
  readonly #child;
  readonly #ended: Promise<unknown>;

  constructor(port: number, target: number) {
    this.port = port;
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [
        { job_name: "runner", honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${target}`] }] },
      ],
    };
    const file = join(this.#dir, "prometheus.yml");
    writeFileSync(file, JSON.stringify(config));
    const args = [
      `--config.file=${file}`,
      `--storage.tsdb.path=${this.#dir}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.#child = spawn(PROGRAM as string, args, { stdio: "ignore" });
    this.#ended = new Promise((resolve) => this.#child.once("close", resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

describe("edge stats", { timeout: 120_000, skip: PROGRAM === undefined ? "needs Prometheus" : false }, () => {
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
    const config = readStackConfig(project.dir, "local");
    const prometheus = new Prometheus({
      stack: "local",
      projectDir: project.dir,
      config,
      paths: statePaths(project.dir),
    });
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
