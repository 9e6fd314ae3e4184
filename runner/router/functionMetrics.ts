import type { CallCost, IsolateExit } from "../protocol/messages.ts";
import type { LabelsOf, MetricSet, Series } from "./metricSet.ts";
import type { MetricName, Table } from "./metricTable.ts";

type FunctionMetricName = {
  [N in MetricName]: "function" extends Table[N]["labels"][number] ? N : never;
}[MetricName];

/** Why there was no isolate, by how the one before it ended. */
const COLD_START_CAUSES: Readonly<Record<IsolateExit, string>> = {
  idle: "idle",
  evicted: "evicted",
  unloaded: "deploy",
  "start-failed": "lost",
  cpu: "lost",
  heap: "lost",
  slice: "lost",
};

/** Labels beside the function and its version. */
type OwnLabels<N extends FunctionMetricName> = Omit<LabelsOf<Table, N>, "function" | "version">;

/** The series of one function version: those that every request counts in are looked up once. */
export class FunctionMetrics {
  readonly #set: MetricSet<Table>;
  readonly #scope: { readonly function: string; readonly version: string };
  readonly #series = new Map<Series, FunctionMetricName>();
  readonly #answers: (Series | undefined)[] = [];
  #duration: Series | undefined;
  #cpu: Series | undefined;
  #cold: Series | undefined;
  #warm: Series | undefined;
  #queue: Series | undefined;
  #hasStarted = false;
  #dropped = false;

  constructor(set: MetricSet<Table>, { name, version }: { readonly name: string; readonly version: string }) {
    this.#set = set;
    this.#scope = { function: name, version };
  }

  add<N extends FunctionMetricName>(name: N, labels: OwnLabels<N>, amount = 1): void {
    this.#of(name, labels).value += amount;
  }

  set<N extends FunctionMetricName>(name: N, labels: OwnLabels<N>, value: number): void {
    this.#of(name, labels).value = value;
  }

  /** Adds to a histogram what was counted into its buckets elsewhere. */
  merge<N extends FunctionMetricName>(name: N, labels: OwnLabels<N>, counts: readonly number[], sum: number): void {
    this.#of(name, labels).merge(counts, sum);
  }

  observe<N extends FunctionMetricName>(name: N, labels: OwnLabels<N>, value: number): void {
    this.#of(name, labels).observe(value);
  }

  answered(status: number, tookMs: number): void {
    const kind = Math.floor(status / 100);
    this.#answers[kind] ??= this.#of("edge_runner_invocations_total", { status: `${kind}xx` });
    this.#answers[kind].value++;
    this.#duration ??= this.#of("edge_runner_request_duration_seconds", {});
    this.#duration.observe(tookMs / 1_000);
  }

  /** A request has left its worker. */
  over({ cpuMs, cold }: Pick<CallCost, "cpuMs" | "cold">): void {
    this.#cpu ??= this.#of("edge_runner_request_cpu_seconds", {});
    this.#cpu.observe(cpuMs / 1_000);
    if (cold) {
      this.#cold ??= this.#of("edge_runner_isolate_requests_total", { start: "cold" });
      this.#cold.value++;
    } else {
      this.#warm ??= this.#of("edge_runner_isolate_requests_total", { start: "warm" });
      this.#warm.value++;
    }
  }

  queued(waitedMs: number): void {
    this.#queue ??= this.#of("edge_runner_request_queue_seconds", {});
    this.#queue.observe(waitedMs / 1_000);
  }

  /** @param after how the isolate before it ended in that worker; null where it is the first. */
  coldStart(after: IsolateExit | null): void {
    const first = this.#hasStarted ? "scale" : "deploy";
    this.#hasStarted = true;
    this.add("edge_runner_cold_starts_total", { cause: after === null ? first : COLD_START_CAUSES[after] });
  }

  heapPeak(bytes: number): void {
    const peak = this.#of("edge_runner_isolate_heap_peak_bytes", {});
    peak.value = Math.max(peak.value, bytes);
  }

  /** None of its series is shown any more; what is counted from now on is lost. */
  drop(): void {
    for (const [series, name] of this.#series) this.#set.drop(name, series);
    this.#series.clear();
    this.#dropped = true;
  }

  #of<N extends FunctionMetricName>(name: N, labels: OwnLabels<N>): Series {
    const series = this.#set.series(name, { ...labels, ...this.#scope } as unknown as LabelsOf<Table, N>);
    if (this.#dropped) this.#set.drop(name, series);
    else this.#series.set(series, name);
    return series;
  }
}
