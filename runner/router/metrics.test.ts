import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { it } from "node:test";
import { MetricsText } from "../metricsText.ts";
import { Metrics } from "./metrics.ts";
import { METRICS } from "./metricTable.ts";

const PROMTOOL = ["/usr/bin/promtool", "/usr/local/bin/promtool"].find((path) => existsSync(path));
const V1 = { name: "hello", version: "v1" };
const V2 = { name: "hello", version: "v2" };
const textOf = (metrics: Metrics) => [...metrics.render()].join("");
const count = (metrics: Metrics, version: string) =>
  new MetricsText(textOf(metrics)).sum("edge_runner_invocations_total", { function: "hello", version });

it("shows a retired version once more, then no more", () => {
  const metrics = new Metrics("eu");
  metrics.of(V1).answered(200, 1);
  metrics.of(V2).answered(200, 1);
  metrics.retire(V1);
  metrics.of(V1).answered(200, 1);
  assert.equal(count(metrics, "v1"), 2);
  const after = textOf(metrics);
  assert.doesNotMatch(after, /version="v1"/);
  assert.match(after, /version="v2"/);
  metrics.of(V1).answered(200, 1);
  metrics.of(V1).add("edge_runner_errors_total", { code: "ERR_FUNCTION_THREW" });
  assert.doesNotMatch(textOf(metrics), /version="v1"/);
});

it("keeps a version that comes back while its last requests still end", () => {
  const metrics = new Metrics("eu");
  const again = { ...V1 };
  metrics.of(V1).answered(200, 1);
  metrics.of(again).answered(200, 1);
  metrics.retire(V1);
  metrics.of(V1).answered(200, 1);
  textOf(metrics);
  assert.equal(count(metrics, "v1"), 3);
});

it("holds no more than a hundred retired versions where nobody reads", () => {
  const metrics = new Metrics("eu");
  for (let deploy = 0; deploy < 1_000; deploy++) {
    const version = { name: "hello", version: `v${deploy}` };
    metrics.of(version).answered(200, 1);
    metrics.retire(version);
  }
  const series = new MetricsText(textOf(metrics)).find("edge_runner_invocations_total");
  assert.equal(series.length, 100);
  assert.equal(series.at(-1)?.labels.version, "v999");
});

it("gives p50 and p99 a bucket of their own from a quarter of a millisecond up", () => {
  for (const name of ["edge_runner_request_duration_seconds", "edge_runner_request_cpu_seconds"] as const) {
    const { buckets } = METRICS[name];
    assert.equal(buckets[0], 0.000_25);
    for (let index = 1; index < buckets.length; index++) {
      assert.ok((buckets[index] as number) / (buckets[index - 1] as number) <= 3, `${name} ${buckets[index]}`);
    }
  }
});

it("is a text that promtool finds nothing wrong with", { skip: PROMTOOL === undefined }, () => {
  const metrics = new Metrics("eu");
  for (const version of [V1, V2]) {
    metrics.of(version).answered(200, 1);
    metrics.of(version).over({ cpuMs: 1, cold: true });
    metrics.of(version).queued(1);
  }
  for (const [name, { labels, type }] of Object.entries(METRICS)) {
    if (type === "histogram") continue;
    metrics.add(name as "edge_runner_release", Object.fromEntries(labels.map((label) => [label, "x"])));
  }
  assert.equal(
    execFileSync(PROMTOOL as string, ["check", "metrics"], { input: textOf(metrics), encoding: "utf8" }),
    "",
  );
});

it("tells why an isolate was started by how the one before it ended", () => {
  const metrics = new Metrics("eu");
  const of = metrics.of(V1);
  for (const after of [null, null, "idle", "evicted", "cpu", "heap", "unloaded"] as const) of.coldStart(after);
  const text = new MetricsText(textOf(metrics));
  const count = (cause: string) =>
    text.sum("edge_runner_cold_starts_total", { function: "hello", version: "v1", cause });
  assert.deepEqual(["deploy", "scale", "idle", "evicted", "lost"].map(count), [2, 1, 1, 1, 2]);
});

it("keeps the highest peak of the heap that was told", () => {
  const metrics = new Metrics("eu");
  for (const bytes of [10, 30, 20]) metrics.of(V1).heapPeak(bytes);
  assert.equal(new MetricsText(textOf(metrics)).sum("edge_runner_isolate_heap_peak_bytes"), 30);
});
