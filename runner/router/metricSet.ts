export type Labels = Readonly<Record<string, string | number>>;

interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly buckets?: readonly number[];
}

interface Series {
  readonly labels: Labels;
  value: number;
  readonly counts: number[];
}

/** Metrics of a closed list, each with its series by labels; `render` gives Prometheus' text format. */
export class MetricSet<Name extends string> {
  readonly #metrics: Readonly<Record<Name, Metric>>;
  readonly #series = new Map<Name, Map<string, Series>>();

  constructor(metrics: Readonly<Record<Name, Metric>>) {
    this.#metrics = metrics;
  }

  add(name: Name, labels: Labels, amount = 1): void {
    this.#of(name, labels).value += amount;
  }

  set(name: Name, labels: Labels, value: number): void {
    this.#of(name, labels).value = value;
  }

  observe(name: Name, labels: Labels, value: number): void {
    const series = this.#of(name, labels);
    const buckets = this.#metrics[name].buckets ?? [];
    const index = buckets.findIndex((bound) => value <= bound);
    const slot = index < 0 ? buckets.length : index;
    series.counts[slot] = (series.counts[slot] ?? 0) + 1;
    series.value += value;
  }

  /** Drops every series that has all of these labels. */
  forget(labels: Labels): void {
    for (const series of this.#series.values()) {
      for (const [key, entry] of series) {
        if (Object.entries(labels).every(([name, value]) => entry.labels[name] === value)) series.delete(key);
      }
    }
  }

  render(): string {
    let text = "";
    for (const name of Object.keys(this.#metrics) as Name[]) {
      const { type, help, buckets } = this.#metrics[name];
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
      for (const series of this.#series.get(name)?.values() ?? []) {
        text +=
          buckets === undefined
            ? `${name}${labelText(series.labels)} ${series.value}\n`
            : histogram(name, series, buckets);
      }
    }
    return text;
  }

  #of(name: Name, labels: Labels): Series {
    const byLabels = this.#series.get(name) ?? new Map<string, Series>();
    this.#series.set(name, byLabels);
    const key = JSON.stringify(Object.values(labels));
    const found = byLabels.get(key) ?? { labels, value: 0, counts: [] };
    byLabels.set(key, found);
    return found;
  }
}

function histogram(name: string, series: Series, buckets: readonly number[]): string {
  let text = "";
  let total = 0;
  for (let index = 0; index <= buckets.length; index++) {
    total += series.counts[index] ?? 0;
    text += `${name}_bucket${labelText({ ...series.labels, le: buckets[index] ?? "+Inf" })} ${total}\n`;
  }
  return `${text}${name}_sum${labelText(series.labels)} ${series.value}\n${name}_count${labelText(series.labels)} ${total}\n`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(`${value}`)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
