import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { it } from "node:test";
import { programPath } from "../local/services.ts";
import { ALERTS_FILE, renderAlerts } from "./alerts.ts";
import { renderPrometheus } from "./prometheus.ts";

it("renders a config that promtool accepts, each target with its region", (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-prometheus-"));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  const text = renderPrometheus("local", [
    { job: "runner", targets: [{ address: "127.0.1.1", port: 9464, region: "us-east-1" }] },
    { job: "prometheus", targets: [{ address: "127.0.1.254", port: 9090, region: null }] },
  ]);
  fs.writeFileSync(`${dir}/prometheus.yml`, text);
  fs.writeFileSync(`${dir}/${ALERTS_FILE}`, renderAlerts());
  const env = { PATH: programPath().join(path.delimiter) };
  const said = execFileSync("promtool", ["check", "config", `${dir}/prometheus.yml`], { env, encoding: "utf8" });
  assert.match(said, /SUCCESS: 1 rule files found/);
  assert.deepEqual(JSON.parse(text).scrape_configs[0].static_configs, [
    { targets: ["127.0.1.1:9464"], labels: { region: "us-east-1" } },
  ]);
  // Otherwise the runner's own region would come as `exported_region`.
  assert.equal(JSON.parse(text).scrape_configs[0].honor_labels, true);
});
