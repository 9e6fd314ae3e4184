/** Name of the file with the alerts, beside Prometheus' configuration. */
export const ALERTS_FILE = "alerts.yml";

interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long it must hold before anybody is called. */
  readonly for: string;
  readonly summary: string;
  /** Section of `docs/operations.md` that says what to do. */
  readonly runbook: string;
}

/** What somebody must look at, each with its runbook. */
const ALERTS: readonly Alert[] = [
  {
    alert: "EdgeCertificateNotTaken",
    expr: "edge_agent_certificate_alarm == 1",
    // A certificate that is written file by file is not whole for a moment.
    for: "1m",
    summary:
      "{{ $labels.region }}: the node at {{ $labels.instance }} did not take the {{ $labels.certificate }} certificate that came, or the one in service has ended or is revoked.",
    runbook: "a-certificate-is-not-taken",
  },
  {
    alert: "EdgeSplitEnded",
    expr: "increase(edge_agent_splits_ended_total[10m]) > 0",
    for: "0s",
    summary:
      "{{ $labels.region }}: the node at {{ $labels.instance }} leads nobody to the candidate of a split any more, for it did worse than the stable version.",
    runbook: "a-split-was-ended",
  },
];

/** Prometheus' rules file: JSON, which is YAML too. */
export function renderAlerts(): string {
  const rules = ALERTS.map(({ alert, expr, for: holds, summary, runbook }) => ({
    alert,
    expr,
    for: holds,
    labels: { severity: "page" },
    annotations: { summary, runbook: `docs/operations.md#${runbook}` },
  }));
  return `${JSON.stringify({ groups: [{ name: "edge", rules }] }, null, 2)}\n`;
}
