import assert from "node:assert/strict";
import { it } from "node:test";
import { MetricsText } from "../metricsText.ts";
import { MetricSet } from "./metricSet.ts";

const TABLE = {
  up: { type: "gauge", help: "Whether it is up.", labels: [] },
  hits_total: { type: "counter", help: "Hits.", labels: ["path"] },
  took_seconds: { type: "histogram", help: "Time.", labels: ["path"], buckets: [0.1, 1] },
} as const;

const newSet = () => new MetricSet(TABLE, { region: "eu" });
const textOf = (set: ReturnType<typeof newSet>) => [...set.render()].join("");

it("shows counters and gauges with their labels and the constant ones", () => {
  const set = newSet();
  set.set("up", {}, 1);
  set.add("hits_total", { path: "/" });
  set.add("hits_total", { path: "/" }, 2);
  assert.match(textOf(set), /^# HELP up Whether it is up\.\n# TYPE up gauge\nup\{region="eu"\} 1$/m);
  assert.match(textOf(set), /^hits_total\{path="\/",region="eu"\} 3$/m);
});

it("counts a value into the first bucket whose bound it does not pass, and shows buckets cumulated", () => {
  const set = newSet();
  const series = set.series("took_seconds", { path: "/" });
  for (const value of [0.05, 0.1, 0.5, 1, 7]) series.observe(value);
  const metrics = new MetricsText(textOf(set));
  const bucket = (le: string) => metrics.sum("took_seconds_bucket", { path: "/", region: "eu", le });
  assert.deepEqual(["0.1", "1", "+Inf"].map(bucket), [2, 4, 5]);
  assert.equal(metrics.sum("took_seconds_count"), 5);
  assert.equal(metrics.sum("took_seconds_sum"), 8.65);
});

it("escapes what a label may hold", () => {
  const set = newSet();
  set.add("hits_total", { path: 'a"b\\c\nd' });
  assert.match(textOf(set), /^hits_total\{path="a\\"b\\\\c\\nd",region="eu"\} 1$/m);
});

it("shows a dropped series no more, and a new one with the same labels from zero", () => {
  const set = newSet();
  const old = set.series("hits_total", { path: "/" });
  old.value = 5;
  set.drop("hits_total", old);
  old.value++;
  assert.deepEqual(new MetricsText(textOf(set)).find("hits_total"), []);
  set.add("hits_total", { path: "/" });
  set.drop("hits_total", old);
  assert.equal(new MetricsText(textOf(set)).sum("hits_total"), 1);
});

it("comes in small pieces, however many series there are", () => {
  const set = newSet();
  for (let index = 0; index < 5_000; index++) set.series("took_seconds", { path: `/${index}` }).observe(1);
  const pieces = [...set.render()];
  assert.ok(pieces.length > 10);
  assert.ok(pieces.every((piece) => piece.length < 40_000));
  assert.equal(new MetricsText(pieces.join("")).find("took_seconds_count").length, 5_000);
});
