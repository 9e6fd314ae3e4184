import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { it } from "node:test";
import { programPath } from "../local/services.ts";
import { ALERTS_FILE, renderAlerts } from "./alerts.ts";

/** A minute of a node whose certificate is not taken, and of one whose is; each value stands for 15 s. */
const SERIES = [
  {
    series: 'edge_agent_certificate_alarm{region="eu",instance="127.1.1.1:9465",certificate="fleet"}',
    values: "0 1x20",
  },
  { series: 'edge_agent_certificate_alarm{region="us",instance="127.1.2.1:9465",certificate="fleet"}', values: "0x20" },
  // It was not whole for a moment.
  {
    series: 'edge_agent_certificate_alarm{region="ap",instance="127.1.3.1:9465",certificate="peers"}',
    values: "0 1 1 0x20",
  },
];
const FIRED = {
  exp_labels: { severity: "page", region: "eu", instance: "127.1.1.1:9465", certificate: "fleet" },
  exp_annotations: {
    summary:
      "eu: the node at 127.1.1.1:9465 did not take the fleet certificate that came, or the one in service has ended or is revoked.",
    runbook: "docs/operations.md#a-certificate-is-not-taken",
  },
};

it("a certificate that is not taken for a minute is an alert of its node, and of no other", (t) => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-alerts-"));
  t.after(() => fs.rmSync(dir, { recursive: true }));
  fs.writeFileSync(`${dir}/${ALERTS_FILE}`, renderAlerts());
  const alertname = "EdgeCertificateNotTaken";
  const tests = {
    rule_files: [ALERTS_FILE],
    evaluation_interval: "15s",
    tests: [
      {
        interval: "15s",
        input_series: SERIES,
        alert_rule_test: [
          { eval_time: "1m", alertname, exp_alerts: [] },
          { eval_time: "2m", alertname, exp_alerts: [FIRED] },
        ],
      },
    ],
  };
  fs.writeFileSync(`${dir}/tests.yml`, JSON.stringify(tests));
  const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", `${dir}/tests.yml`], {
    env: { PATH: programPath().join(path.delimiter) },
    encoding: "utf8",
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
});

it("every alert's runbook is a section of the operations' page", () => {
  const page = fs.readFileSync(path.join(import.meta.dirname, "../../docs/operations.md"), "utf8");
  const sections = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) =>
    (title as string).toLowerCase().replaceAll(" ", "-"),
  );
  for (const { annotations } of JSON.parse(renderAlerts()).groups[0].rules) {
    assert.ok(sections.includes(annotations.runbook.split("#")[1]), annotations.runbook);
  }
});
