import assert from "node:assert/strict";
import { it } from "node:test";
import { MetricsText } from "../metricsText.ts";
import { Metrics } from "./metrics.ts";
import { StatusGauge } from "./statusGauge.ts";

it("shows each function's status once, and nothing of functions and versions that are gone", () => {
  const metrics = new Metrics("eu");
  const gauge = new StatusGauge(metrics);
  const shown = () =>
    new MetricsText([...metrics.render()].join(""))
      .find("edge_runner_function_status")
      .map(({ labels, value }) => [labels.function, labels.version, labels.status, value]);
  gauge.show({ a: { version: "1", status: "active" }, b: { version: null, status: "deploying" } });
  assert.deepEqual(shown(), [
    ["a", "1", "active", 1],
    ["b", "", "deploying", 1],
  ]);
  gauge.show({ a: { version: "1", status: "quarantined" }, b: { version: "1", status: "active" } });
  assert.deepEqual(shown(), [
    ["a", "1", "quarantined", 1],
    ["b", "1", "active", 1],
  ]);
  gauge.show({ a: { version: "2", status: "active" } });
  assert.deepEqual(shown(), [["a", "2", "active", 1]]);
});
