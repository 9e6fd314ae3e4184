import type { Prometheus } from "./prometheus.ts";

export interface FunctionStats {
  readonly function: string;
  /** Answers in the whole time. */
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Requests per second over time, oldest first. */
  readonly overTime: readonly number[];
  /** Latency to the answer's headers, ms; null without requests. */
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly p99Ms: number | null;
  /** Share of answers with a status of 500 and above, 0 to 1; null without requests. */
  readonly errorRate: number | null;
  /** Share of requests that waited for an isolate to start, 0 to 1; null without requests. */
  readonly coldRate: number | null;
  readonly cpuMs: number | null;
  /** Largest heap that an isolate had, MB; null where none ran. */
  readonly heapPeakMb: number | null;
}

export interface StatsQuery {
  readonly overS: number;
  /** Null: all. */
  readonly region: string | null;
  readonly function: string | null;
}

/** Steps of {@link FunctionStats.overTime}, which has one point more. */
const POINTS = 24;
const MB = 1024 * 1024;
/** Prometheus' scrape interval, twice: a rate needs two samples. */
const LEAST_WINDOW_S = 15;

/** What each function had to do in all regions together, the busiest first. */
export async function readStats(
  prometheus: Prometheus,
  { overS, region, function: name }: StatsQuery,
): Promise<FunctionStats[]> {
  const wanted = [
    `function!=""`,
    ...(region === null ? [] : [`region=${quoted(region)}`]),
    ...(name === null ? [] : [`function=${quoted(name)}`]),
  ];
  const series = (metric: string, ...more: string[]) => `edge_runner_${metric}{${[...wanted, ...more].join(",")}}`;
  const increase = (metric: string, ...more: string[]) =>
    `sum by (function) (increase(${series(metric, ...more)}[${overS}s]))`;
  const quantile = (share: number) =>
    `histogram_quantile(${share}, sum by (function, le) (rate(${series("request_duration_seconds_bucket")}[${overS}s]))) * 1000`;
  const stepS = Math.max(1, Math.ceil(overS / POINTS));
  const expressions = {
    requests: increase("invocations_total"),
    errors: increase("invocations_total", `status="5xx"`),
    cold: increase("isolate_requests_total", `start="cold"`),
    isolateRequests: increase("isolate_requests_total"),
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    cpuMs: `1000 * ${increase("request_cpu_seconds_sum")} / ${increase("request_cpu_seconds_count")}`,
    heap: `max by (function) (${series("isolate_heap_peak_bytes")})`,
  };
  const answers = await Promise.all(
    Object.entries(expressions).map(async ([figure, expression]) => {
      const samples = await prometheus.query(expression);
      return [figure, new Map(samples.map(({ labels, value }) => [labels.function ?? "", value]))] as const;
    }),
  );
  const figures = new Map<string, ReadonlyMap<string, number>>(answers);
  const rate = `sum by (function) (rate(${series("invocations_total")}[${Math.max(LEAST_WINDOW_S, stepS)}s]))`;
  const history = await prometheus.range(rate, { overS: stepS * POINTS, stepS });
  const overTime = new Map(history.map(({ labels, values }) => [labels.function ?? "", values]));
  return [...(figures.get("requests") ?? [])]
    .map(([key, count]): FunctionStats => {
      const of = (figure: keyof typeof expressions) => known(figures.get(figure)?.get(key));
      const heapBytes = of("heap");
      return {
        function: key,
        requests: Math.round(count),
        requestsPerSecond: count / overS,
        overTime: overTime.get(key) ?? new Array<number>(POINTS + 1).fill(0),
        p50Ms: of("p50Ms"),
        p95Ms: of("p95Ms"),
        p99Ms: of("p99Ms"),
        errorRate: share(of("errors") ?? 0, count),
        coldRate: share(of("cold") ?? 0, of("isolateRequests") ?? 0),
        cpuMs: of("cpuMs"),
        heapPeakMb: heapBytes === null ? null : heapBytes / MB,
      };
    })
    .sort((a, b) => b.requests - a.requests || (a.function < b.function ? -1 : 1));
}

/** Prometheus says NaN where nothing was counted. */
function known(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? Math.min(1, part / whole) : null;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
