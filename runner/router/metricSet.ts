interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Names of its labels, in the order in which they are shown. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, rising. */
  readonly buckets?: readonly number[];
}

export type MetricTable = Readonly<Record<string, Metric>>;

/** A value for each label of a metric. */
export type LabelsOf<T extends MetricTable, N extends keyof T> = Readonly<
  Record<T[N]["labels"][number], string | number>
>;

/** Characters after which a piece of the text is handed over: a fraction of a millisecond's work. */
const PIECE_CHARS = 32_768;

/** One line of the text, or the lines of one histogram. Holding it costs no look-up per event. */
export class Series {
  /** Labels as they are shown, without braces. */
  readonly labels: string;
  value = 0;
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;

  constructor(labels: string, bounds: readonly number[] = []) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a value into its bucket. */
  observe(value: number): void {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    this.#counts[low] = (this.#counts[low] as number) + 1;
    this.value += value;
  }

  /** Adds values that were counted into the same buckets elsewhere. */
  merge(counts: readonly number[], sum: number): void {
    for (let index = 0; index < this.#counts.length; index++) {
      this.#counts[index] = (this.#counts[index] as number) + (counts[index] ?? 0);
    }
    this.value += sum;
  }

  /** How many values each bucket has, those of smaller buckets included; the last is all of them. */
  cumulated(): Float64Array {
    const sums = this.#counts.slice();
    for (let index = 1; index < sums.length; index++)
      sums[index] = (sums[index] as number) + (sums[index - 1] as number);
    return sums;
  }
}

/** Metrics of a closed table, each with its series by labels, as Prometheus' text format. */
export class MetricSet<const T extends MetricTable> {
  readonly #table: T;
  readonly #constant: string;
  readonly #series: ReadonlyMap<keyof T, Map<string, Series>>;

  /** @param constant labels that every series has. */
  constructor(table: T, constant: Readonly<Record<string, string>>) {
    this.#table = table;
    this.#constant = Object.entries(constant)
      .map(([name, value]) => labelText(name, value))
      .join(",");
    this.#series = new Map(Object.keys(table).map((name) => [name, new Map()]));
  }

  /** The series with these labels; made when it is new. */
  series<N extends keyof T & string>(name: N, labels: LabelsOf<T, N>): Series {
    const metric = this.#table[name] as Metric;
    const parts = metric.labels.map((label) => labelText(label, (labels as Record<string, string | number>)[label]));
    if (this.#constant !== "") parts.push(this.#constant);
    const text = parts.join(",");
    const byLabels = this.#of(name);
    const series = byLabels.get(text) ?? new Series(text, metric.buckets);
    byLabels.set(text, series);
    return series;
  }

  add<N extends keyof T & string>(name: N, labels: LabelsOf<T, N>, amount = 1): void {
    this.series(name, labels).value += amount;
  }

  set<N extends keyof T & string>(name: N, labels: LabelsOf<T, N>, value: number): void {
    this.series(name, labels).value = value;
  }

  /** Drops every series of one metric. */
  clear(name: keyof T): void {
    this.#of(name).clear();
  }

  /** It is shown no more; whoever holds it may go on counting. */
  drop(name: keyof T, series: Series): void {
    const byLabels = this.#of(name);
    if (byLabels.get(series.labels) === series) byLabels.delete(series.labels);
  }

  /** The whole text, a piece at a time, so that the caller can let other work pass in between. */
  *render(): Generator<string> {
    let text = "";
    for (const [name, series] of this.#series as Map<string, Map<string, Series>>) {
      const { type, help, buckets } = this.#table[name] as Metric;
      text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
      const heads = buckets && [...buckets, "+Inf"].map((bound) => `,le="${bound}"} `);
      for (const entry of series.values()) {
        if (heads !== undefined) text += histogram(name, entry, heads);
        else text += entry.labels === "" ? `${name} ${entry.value}\n` : `${name}{${entry.labels}} ${entry.value}\n`;
        if (text.length < PIECE_CHARS) continue;
        yield text;
        text = "";
      }
    }
    yield text;
  }

  #of(name: keyof T): Map<string, Series> {
    return this.#series.get(name) as Map<string, Series>;
  }
}

function histogram(name: string, series: Series, heads: readonly string[]): string {
  const { labels } = series;
  const sums = series.cumulated();
  let text = "";
  for (let index = 0; index < heads.length; index++) text += `${name}_bucket{${labels}${heads[index]}${sums[index]}\n`;
  return `${text}${name}_sum{${labels}} ${series.value}\n${name}_count{${labels}} ${sums[heads.length - 1]}\n`;
}

function labelText(name: string, value: string | number | undefined): string {
  return `${name}="${`${value}`.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
