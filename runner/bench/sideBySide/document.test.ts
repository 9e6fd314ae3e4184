import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { replaceSection } from "./document.ts";
import { type Results, reportOf } from "./report.ts";

const RESULTS: Results = {
  machine: { cpu: "A CPU", serverCpus: 1, loadCpus: 1, node: "v26", load: [0.5, 1.25] },
  versions: { workerd: "1", miniflare: "2", deno: "3", bun: "4" },
  rounds: 2,
  applicationKb: { tiny: 1, medium: 200 },
  throughput: [
    {
      ...{ candidate: "edge-fleet", application: "tiny", tenants: 1, connections: "reused" },
      ...{ perSecond: [20_000, 10_000], cpuMicros: [40, 60] },
    },
    {
      ...{ candidate: "workerd", application: "tiny", tenants: 1, connections: "reused" },
      ...{ perSecond: [8_000, 4_000], cpuMicros: [100, 140] },
    },
  ],
  coldStarts: [
    {
      ...{ candidate: "edge-fleet", application: "tiny", kind: "function" },
      ...{ coldMs: [1.2, 1.4], overWarmMs: [0.6, 0.8] },
    },
  ],
  memory: [{ candidate: "edge-fleet", application: "tiny", megabytes: [1.25] }],
  warmRatio: { functions: 500, workers: 2, isolatesPerWorker: 200, requests: 1_000, cold: 40, ratio: 0.96 },
};

describe("the report of the benchmark", () => {
  const report = reportOf(RESULTS);

  it("gives least, middle and most, and the ratio to each other candidate", () => {
    assert.match(report, /\| tiny \| 1 \| reused \| edge-fleet \| 10\.0 \/ 15\.0 \/ 20\.0 \| 40 \/ 50 \/ 60 \| {2}\|/);
    assert.match(report, /\| workerd \| 4\.0 \/ 6\.0 \/ 8\.0 \| 100 \/ 120 \/ 140 \| 2\.50× \|/);
    assert.match(report, /Load of the machine 0\.5 before, 1\.3 after/);
  });

  it("says which targets are met, and nothing of those that were not measured", () => {
    assert.match(report, /\| throughput, tiny, to workerd \| ≥ 2\.5 × \| 2\.50 × \| yes \|/);
    assert.match(report, /\| cold start, tiny \| ≤ 0\.5 ms \| 0\.70 ms \| \*\*no\*\* \|/);
    assert.match(report, /\| warm ratio \| ≥ 95 % \| 96\.00 % \| yes \|/);
    assert.doesNotMatch(report, /to node:http/);
  });

  it("takes its own place in the page, and no other", () => {
    const begin = "<!-- bench:runner: written by `npm run bench:runner` -->";
    const page = `before\n${begin}\n\nold\n\n<!-- bench:runner: end -->\nafter\n`;
    assert.equal(replaceSection(page, "bench:runner", "new"), page.replace("old", "new"));
    assert.equal(
      replaceSection(replaceSection(page, "bench:runner", "new"), "bench:runner", "new"),
      page.replace("old", "new"),
    );
    assert.throws(() => replaceSection("no place", "bench:runner", "new"), /needs the lines/);
  });

  it("has its place in docs/measurements.md", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/measurements.md"), "utf8");
    assert.ok(replaceSection(page, "bench:runner", report).includes(report));
  });
});
