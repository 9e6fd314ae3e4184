/** What a node's agent publishes to CloudWatch, against a moto server, with the requests of a real HAProxy. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { programPath } from "../../components/local/services.ts";
import { PUBLISHED } from "../../runner/agent/machine/publishedMetrics.ts";
import { Publisher } from "../../runner/agent/machine/publisher.ts";
import { AgentMetrics } from "../../runner/agent/metrics.ts";
import { scratchFolder } from "../../runner/release/fixtures.ts";
import { until } from "../../runner/runnerFixture.ts";
import { REGION } from "./moto.ts";
import { s3Fixture } from "./s3Fixture.ts";

const { moto, home } = s3Fixture();
const DAY_MS = 86_400_000;

describe("what a node publishes", () => {
  test("is its rate of requests and the days of its first certificate, in its group's name", async (t) => {
    const { publisher, ask, metrics } = await nodeOf(t, "edge-rate");
    await ask(1);
    const outer = performance.now();
    await publisher.publish();
    const inner = performance.now();
    assert.deepEqual(await valuesOf("edge-rate", PUBLISHED.requests), [], "one look is no rate");
    assert.equal(Math.round((await valuesOf("edge-rate", PUBLISHED.certificateDays))[0] ?? 0), 30);
    await ask(40);
    const most = 40_000 / (performance.now() - inner);
    await publisher.publish();
    const least = 40_000 / (performance.now() - outer);
    const [rate = 0] = await valuesOf("edge-rate", PUBLISHED.requests);
    assert.ok(rate >= least && rate <= most, `${rate} is not between ${least} and ${most}`);
    assert.match(`${metrics}`, /^edge_agent_publish_errors_total 0$/m);
    const [sent] = home.seen.filter(({ body, headers }) =>
      `${headers["x-amz-target"]}${body}`.includes("PutMetricData"),
    );
    assert.ok(sent, "it went through the proxy");
  });

  test("is nothing while HAProxy or CloudWatch is away: that is counted, and passes", async (t) => {
    const { publisher, ask, metrics, stop } = await nodeOf(t, "edge-away");
    home.fault = () => ({ kind: "refused" });
    await publisher.publish();
    home.fault = () => null;
    assert.match(`${metrics}`, /^edge_agent_publish_errors_total 1$/m);
    await ask(1);
    await publisher.publish();
    assert.equal((await valuesOf("edge-away", PUBLISHED.requests)).length, 1);
    await stop();
    await publisher.publish();
    assert.match(`${metrics}`, /^edge_agent_publish_errors_total 2$/m);
  });
});

async function valuesOf(group: string, MetricName: string): Promise<number[]> {
  const client = new CloudWatchClient({ region: REGION, endpoint: moto.endpoint });
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      ...{ Namespace: PUBLISHED.namespace, MetricName, Period: 86_400, Statistics: ["Maximum"] },
      ...{ StartTime: new Date(Date.now() - DAY_MS), EndTime: new Date(Date.now() + DAY_MS) },
      Dimensions: [{ Name: PUBLISHED.dimension, Value: group }],
    }),
  );
  client.destroy();
  return Datapoints.map(({ Maximum = 0 }) => Maximum);
}

/** A HAProxy with a door, and what publishes for it. */
async function nodeOf(t: TestContext, group: string) {
  const dir = await scratchFolder(t);
  const file = join(dir, "haproxy.cfg");
  const door = join(dir, "door.sock");
  const socket = join(dir, "haproxy.sock");
  writeFileSync(
    file,
    `global
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout client 5s
frontend https
  bind unix@${door}
  http-request return status 200
`,
  );
  const haproxy = spawn("haproxy", ["-db", "-f", file], { stdio: "ignore", env: { PATH: programPath().join(":") } });
  const stop = async () => {
    if (haproxy.exitCode !== null || haproxy.signalCode !== null) return;
    haproxy.kill("SIGKILL");
    await once(haproxy, "exit");
  };
  t.after(stop);
  const one = () =>
    new Promise<void>((resolve, reject) => {
      http.get({ socketPath: door }, (response) => response.resume().on("end", resolve)).on("error", reject);
    });
  await until(
    "HAProxy answers",
    () =>
      one().then(
        () => true,
        () => false,
      ),
    30_000,
  );
  const metrics = new AgentMetrics();
  metrics.add("publish_errors_total", undefined, 0);
  const publisher = new Publisher({
    machine: { ...{ region: REGION, group, metadata: "http://127.0.0.1" }, endpoint: home.endpoint, resolvers: null },
    haproxy: socket,
    certificateEnd: () => Date.now() + 30 * DAY_MS,
    metrics,
    log: () => {},
  });
  const ask = async (times: number) => {
    for (let n = 0; n < times; n++) await one();
  };
  return { publisher, ask, metrics, stop };
}
