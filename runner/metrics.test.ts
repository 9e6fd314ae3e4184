import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { METRICS } from "./router/metricTable.ts";
import { TestRunner, until } from "./runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "./runnerProcesses.ts";

const PROMTOOL = "/usr/bin/promtool";

const FUNCTIONS = {
  good: `let count = 0;
    export default { fetch() { return new Response(\`\${++count}\`); } }`,
  egress: `export default { async fetch(request, env) {
    await fetch(env.ORIGIN, { method: "POST", body: "abc" });
    return Response.json(await fetch("http://10.1.2.3/").catch(({ message }) => message));
  } }`,
  spins: "export default { fetch() { for (;;); } }",
  throws: "export default { fetch() { throw new Error('on purpose'); } }",
  waits: `export default { async fetch() {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return new Response("waited");
  } }`,
  breaks: `export default { fetch() {
    let parts = 0;
    return new Response(new ReadableStream({ async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (++parts > 3) throw new Error("midway");
      controller.enqueue(new TextEncoder().encode("part"));
    } }));
  } }`,
  streams: `export default { fetch() {
    return new Response(new ReadableStream({ async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      controller.enqueue(new TextEncoder().encode("part"));
    } }));
  } }`,
  loud: 'export default { fetch() { for (let line = 0; line < 15; line++) console.log("x".repeat(4000)); return new Response(); } }',
};
const NAMES = Object.keys(FUNCTIONS);

describe("metrics of a runner", () => {
  let runner: TestRunner;
  const origin = createServer((message, response) => message.resume().once("end", () => response.end("four")));

  before(async () => {
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    runner = new TestRunner({ origins: [{ host: "localhost", port }] });
    await runner.start();
    const env = { ORIGIN: `http://localhost:${port}/` };
    await runner.deploy(
      Object.fromEntries(
        Object.entries(FUNCTIONS).map(([name, code]) => [
          name,
          { code, env, routes: [`/${name}`], limits: { cpuMs: 100 } },
        ]),
      ),
    );
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.close();
  });

  /** Waits until a metric has a value under these labels: workers and broker tell theirs twice a second. */
  function seen(name: string, labels: Readonly<Record<string, string>>, least = 1): Promise<void> {
    return until(`${name} ${JSON.stringify(labels)}`, async () => (await runner.metrics()).sum(name, labels) >= least);
  }

  it("count answers by status, their time, their CPU time and their wait, by function and version", async () => {
    for (let count = 0; count < 5; count++) await runner.fetch("/good");
    await seen("edge_runner_invocations_total", { function: "good", status: "2xx" }, 5);
    await seen("edge_runner_request_duration_seconds_count", { function: "good" }, 5);
    await seen("edge_runner_request_cpu_seconds_count", { function: "good" }, 5);
    await seen("edge_runner_request_queue_seconds_count", { function: "good" }, 5);
    const metrics = await runner.metrics();
    const cpu = metrics.sum("edge_runner_request_cpu_seconds_sum", { function: "good" });
    assert.ok(cpu > 0 && cpu < 5);
  });

  it("tell cold starts by cause, warm and cold requests apart, and the heap's peak", async () => {
    await seen("edge_runner_cold_starts_total", { function: "good", cause: "deploy" });
    await seen("edge_runner_isolate_requests_total", { function: "good", start: "warm" }, 4);
    await seen("edge_runner_isolate_heap_peak_bytes", { function: "good" }, 100_000);
    await seen("edge_runner_isolates", { state: "live" });
    await seen("edge_runner_worker_rss_bytes", { slot: "0" }, 10_000_000);
  });

  it("count errors by code, limits that fired and isolates that ended", async () => {
    await runner.fetch("/nowhere");
    await runner.fetch("/throws");
    assert.equal((await runner.fetch("/spins")).status, 503);
    await seen("edge_runner_errors_total", { function: "", code: "ERR_NO_ROUTE" });
    await seen("edge_runner_errors_total", { function: "throws", code: "ERR_FUNCTION_THREW" });
    await seen("edge_runner_errors_total", { function: "spins", code: "ERR_LIMIT_CPU_MS" });
    await seen("edge_runner_limits_fired_total", { function: "spins", limit: "cpuMs" });
    await seen("edge_runner_isolate_exits_total", { function: "spins", cause: "cpu" });
    await seen("edge_runner_invocations_total", { function: "spins", status: "5xx" });
  });

  it("write one line for a limit that fired", async () => {
    const { used, time, version, traceId, spanId, ...line } = runner.line("a limit fired") ?? {};
    assert.ok((used as number) >= 100);
    assert.ok([time, version, traceId, spanId].every((value) => typeof value === "string" && value !== ""));
    assert.ok(runner.line("a limit fired")?.requestId);
    const { requestId, ...rest } = line;
    assert.deepEqual(rest, {
      level: "warn",
      message: "a limit fired",
      process: "router",
      node: "test-node",
      region: "eu-test-1",
      function: "spins",
      limit: "cpuMs",
      value: 100,
    });
  });

  it("count sub-requests, their bytes and what was refused", async () => {
    await runner.fetch("/egress");
    await seen("edge_runner_sub_requests_total", { function: "egress", outcome: "answered" });
    await seen("edge_runner_sub_requests_total", { function: "egress", outcome: "refused" });
    await seen("edge_runner_sub_request_refusals_total", { function: "egress" });
    await seen("edge_runner_egress_bytes_total", { function: "egress", direction: "out" }, 3);
    await seen("edge_runner_egress_bytes_total", { function: "egress", direction: "in" }, 4);
  });

  it("count answers that were cut and clients that went", async () => {
    await assert.rejects(runner.fetch("/breaks"));
    await seen("edge_runner_cut_responses_total", { function: "breaks" });
    const gone = request({ socketPath: runner.config.data, path: "/streams", headers: { host: "edge.example" } });
    gone.on("error", () => {}).end();
    await new Promise((resolve) => gone.once("response", resolve));
    gone.destroy();
    await seen("edge_runner_client_aborts_total", { function: "streams" });
  });

  it("tell a function's status, and where it went", async () => {
    await seen("edge_runner_function_status", { function: "good", status: "active" });
    for (let count = 0; count < 30; count++) await runner.fetch("/good");
    await seen("edge_runner_function_moves_total", { function: "good", to: "shared" });
    const order = JSON.stringify({ status: "disabled", reason: "a test" });
    await runner.ask("/functions/waits", { method: "POST", body: order });
    await seen("edge_runner_function_status", { function: "waits", status: "disabled" });
    assert.equal((await runner.metrics()).find("edge_runner_function_status", { function: "waits" }).length, 1);
    await runner.ask("/functions/waits", { method: "POST", body: '{"status":"active"}' });
  });

  it("count releases that were refused", async () => {
    await runner.activate(runner.writeRelease({ bad: { code: "export default {", routes: ["/bad"] } }));
    await seen("edge_runner_release_refusals_total", {});
    await seen("edge_runner_release", {});
    await seen("edge_runner_release_generation", {});
  });

  it("count processes that died, and requests that were repeated for it", linuxOnly, async () => {
    await runner.fetch("/waits");
    const begun = runner.fetch("/waits");
    // Time for it to begin, which nothing tells outside.
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const pid of runnerProcesses(runner.process?.pid ?? 0, "worker")) process.kill(pid, "SIGKILL");
    assert.equal((await begun).status, 200);
    await seen("edge_runner_process_deaths_total", { process: "worker", cause: "signal" });
    await seen("edge_runner_replays_total", { function: "waits" });
    await seen("edge_runner_workers", {}, 3);
    await seen("edge_runner_sandbox_layer", {});
  });

  it("count log lines that nobody read", async () => {
    runner.process?.stdout?.pause();
    await until("lines are dropped", async () => {
      await Promise.all(Array.from({ length: 20 }, () => runner.fetch("/loud")));
      return (await runner.metrics()).sum("edge_runner_log_lines_dropped_total", { process: "router" }) > 0;
    });
    runner.process?.stdout?.resume();
  });

  it("have all been seen by now, with the labels of their table and the region", async () => {
    const { samples } = await runner.metrics();
    for (const [name, { type, labels }] of Object.entries(METRICS)) {
      const shown = samples.filter((sample) => sample.name === (type === "histogram" ? `${name}_count` : name));
      assert.ok(shown.length > 0, `${name} was never seen`);
      for (const sample of shown) {
        assert.deepEqual(Object.keys(sample.labels), [...labels, "region"], name);
        assert.equal(sample.labels.region, "eu-test-1");
        if (sample.labels.function !== undefined)
          assert.ok(["", "bad", ...NAMES].includes(sample.labels.function), name);
      }
    }
  });

  it("are a page that promtool finds nothing wrong with", { skip: !existsSync(PROMTOOL) }, async () => {
    assert.equal(
      execFileSync(PROMTOOL, ["check", "metrics"], { input: await runner.admin("/metrics"), encoding: "utf8" }),
      "",
    );
  });
});
