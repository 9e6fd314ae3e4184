/** The agent's metrics in Prometheus' text format, by their names without `edge_agent_`. */
export const AGENT_METRICS = {
  generation: ["gauge", "Generation of the release that the runner serves; 0 before the first."],
  release: ["gauge", "Number of the release that the runner serves; 0 before the first."],
  pointer_generation: ["gauge", "Newest generation seen in the store."],
  polls_total: ["counter", "Looks at the store's pointer."],
  applied_total: ["counter", "Releases that the runner took."],
  refusals_total: ["counter", "Pointers and releases that were not taken, by reason."],
  store_errors_total: ["counter", "Times the store could not be read or written."],
  replica_misses_total: [
    "counter",
    "Copies of a replica of the store that were not taken, by reason: absent, damaged, away. Home was asked instead.",
  ],
  control_entry: ["gauge", "Number of the last entry of the control log that the node has done; 0 before the first."],
  control_entries_total: ["counter", "Entries of the control log that the node has done, by kind: purge or lift."],
  runner_errors_total: ["counter", "Times the runner did not answer on its control socket."],
  schedule_runs_total: [
    "counter",
    "Runs of schedules that this node had the lease of, by what they came to: ok, failed, refused or away (not begun), lost.",
  ],
  schedule_skips_total: ["counter", "Times of schedules without a run: overlap (the one before still ran), missed."],
  secret_changes_total: ["counter", "Values of secrets that were fetched and differ from those that the node had."],
  secret_errors_total: [
    "counter",
    "Times a secret could not be fetched, by reason: missing, denied, away, unfit. What the node has of it stays.",
  ],
  farm_siblings: ["gauge", "Other nodes of the region that HAProxy asks when the own runner cannot answer."],
  farm_changes_total: ["counter", "Times HAProxy was told of other siblings than it had."],
  farm_list_alarm: ["gauge", "1 while the list of siblings cannot be read, and the last one holds; 0 else."],
  farm_errors_total: ["counter", "Times the list of siblings could not be read, or HAProxy not be told."],
  certificate_alarm: [
    "gauge",
    "1 while the certificate that came was not taken, or the one in service has ended or is revoked; 0 else.",
  ],
  certificate_end_timestamp_seconds: ["gauge", "When the certificate in service ends, in Unix time."],
  certificate_changes_total: ["counter", "Certificates that were put in service."],
  certificate_refusals_total: ["counter", "Certificates that were not taken or are not fit any more, by reason."],
  certificate_fetch_errors_total: [
    "counter",
    "Times a region's Secrets Manager did not give a certificate, by reason: missing, denied, away, unfit. What the node has stays.",
  ],
  certificate_fetch_timestamp_seconds: [
    "gauge",
    "When all certificates were last fetched, in Unix time; 0 where others bring them.",
  ],
  machine_ending: ["gauge", "1 when the machine is to end, by its group or by Amazon: its health fails; 0 else."],
  metadata_errors_total: [
    "counter",
    "Times instance metadata did not say whether the machine is to end, or HAProxy was not told.",
  ],
  publish_errors_total: ["counter", "Times CloudWatch did not take the node's figures, or HAProxy did not tell them."],
  purges_total: ["counter", "What the cache was made to forget, by kind of order: url, tag, host, all or deploy."],
  purge_errors_total: ["counter", "Orders to purge that failed: Varnish did not answer."],
  splits_ended_total: ["counter", "Splits that this node ended because their candidates were too bad."],
  door_updates_total: ["counter", "Times HAProxy was given functions' policies."],
  door_errors_total: ["counter", "Times functions' policies could not be written, or HAProxy did not take them."],
  last_poll_timestamp_seconds: ["gauge", "When the store's pointer was last read, in Unix time."],
  last_applied_timestamp_seconds: ["gauge", "When the runner last took a release, in Unix time."],
} as const;

export type MetricName = keyof typeof AGENT_METRICS;

export class AgentMetrics {
  readonly #values = new Map<MetricName, Map<string, number>>();

  /** @param label the one label that tells series of this name apart; its values are a closed list. */
  set(name: MetricName, value: number, label: Readonly<Record<string, string>> = {}): void {
    const [[key, text] = []] = Object.entries(label);
    const series =
      key === undefined ? new Map<string, number>() : (this.#values.get(name) ?? new Map<string, number>());
    this.#values.set(name, series.set(key === undefined ? "" : `{${key}="${text}"}`, value));
  }

  /** @param reason a code from a closed list; free text would make series without end. */
  add(name: MetricName, reason?: string, amount = 1): void {
    const series = this.#values.get(name) ?? new Map<string, number>();
    const labels = reason === undefined ? "" : `{reason="${reason}"}`;
    series.set(labels, (series.get(labels) ?? 0) + amount);
    this.#values.set(name, series);
  }

  toString(): string {
    let text = "";
    for (const [name, [type, help]] of Object.entries(AGENT_METRICS)) {
      text += `# HELP edge_agent_${name} ${help}\n# TYPE edge_agent_${name} ${type}\n`;
      const series = this.#values.get(name as MetricName) ?? new Map([["", 0]]);
      for (const [labels, value] of series) text += `edge_agent_${name}${labels} ${value}\n`;
    }
    return text;
  }
}

/** Told beside the table: its numbers are the judge's own, and begin anew when it does. */
export const POLICY_REFUSALS = {
  name: "edge_agent_policy_refusals_total",
  help: "Requests that policies refused, by function and policy; no function where none was found.",
} as const;

/** What the judge has counted of refusals. */
export function refusalsText(
  refusals: readonly { readonly function: string; readonly policy: string; readonly count: number }[],
): string {
  const { name, help } = POLICY_REFUSALS;
  const lines = refusals.map((one) => `${name}{function="${one.function}",policy="${one.policy}"} ${one.count}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${lines.join("")}`;
}
