import { FunctionMetrics } from "./functionMetrics.ts";
import { type LabelsOf, MetricSet } from "./metricSet.ts";
import { METRICS, type MetricName, type Table } from "./metricTable.ts";

/** Retired versions that wait for their last showing, where nobody reads the metrics. */
const RETIRED_MAX = 100;

interface VersionRef {
  readonly name: string;
  readonly version: string;
}

interface Entry {
  readonly key: string;
  readonly metrics: FunctionMetrics;
  /** Deployments of this version that are not retired. */
  readonly users: Set<VersionRef>;
}

/** Metrics of the whole runner, and the {@link FunctionMetrics} of each version it serves. */
export class Metrics {
  readonly #set: MetricSet<Table>;
  readonly #byManifest = new WeakMap<VersionRef, Entry>();
  readonly #byVersion = new Map<string, Entry>();
  /** Oldest first. */
  readonly #retired = new Set<Entry>();

  constructor(region: string) {
    this.#set = new MetricSet(METRICS, { region });
  }

  add<N extends MetricName>(name: N, labels: LabelsOf<Table, N>, amount?: number): void {
    this.#set.add(name, labels, amount);
  }

  set<N extends MetricName>(name: N, labels: LabelsOf<Table, N>, value: number): void {
    this.#set.set(name, labels, value);
  }

  /** Drops every series of one metric. */
  remove<N extends MetricName>(name: N, labels: LabelsOf<Table, N>): void {
    this.#set.drop(name, this.#set.series(name, labels));
  }

  clear(name: MetricName): void {
    this.#set.clear(name);
  }

  /** A version's own metrics. The same version that comes back goes on counting where it was. */
  of(manifest: VersionRef): FunctionMetrics {
    const known = this.#byManifest.get(manifest);
    if (known !== undefined) return known.metrics;
    const key = `${manifest.name}@${manifest.version}`;
    const entry = this.#byVersion.get(key) ?? {
      key,
      metrics: new FunctionMetrics(this.#set, manifest),
      users: new Set(),
    };
    this.#byVersion.set(key, entry);
    this.#byManifest.set(manifest, entry);
    this.#retired.delete(entry);
    entry.users.add(manifest);
    return entry.metrics;
  }

  /** The version has had its last request here: its series are shown once more, then dropped. */
  retire(manifest: VersionRef): void {
    const entry = this.#byManifest.get(manifest);
    if (entry === undefined || !entry.users.delete(manifest) || entry.users.size > 0) return;
    this.#retired.add(entry);
    const [oldest] = this.#retired;
    if (this.#retired.size > RETIRED_MAX && oldest !== undefined) this.#drop(oldest);
  }

  /** The text that Prometheus reads, in pieces. */
  *render(): Generator<string> {
    const last = [...this.#retired];
    yield* this.#set.render();
    for (const entry of last) if (this.#retired.has(entry)) this.#drop(entry);
  }

  #drop(entry: Entry): void {
    this.#retired.delete(entry);
    this.#byVersion.delete(entry.key);
    entry.metrics.drop();
  }
}
