import { MetricSet } from "./metricSet.ts";

const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Everything the runner tells Prometheus. */
export function newMetrics() {
  return new MetricSet({
    edge_runner_info: { type: "gauge", help: "Node and region of this runner." },
    edge_runner_release: { type: "gauge", help: "Number of the active release." },
    edge_runner_release_generation: { type: "gauge", help: "Generation under which the active release came." },
    edge_runner_release_refusals_total: { type: "counter", help: "Releases that were refused." },
    edge_runner_invocations_total: { type: "counter", help: "Answers by function, version and kind of status." },
    edge_runner_errors_total: { type: "counter", help: "Error answers of the runner by function and code." },
    edge_runner_request_duration_seconds: {
      type: "histogram",
      help: "From a request's arrival to its answer.",
      buckets: LATENCY_SECONDS,
    },
    edge_runner_cpu_seconds_total: { type: "counter", help: "CPU time of answered requests by function." },
    edge_runner_limits_fired_total: { type: "counter", help: "Limits that fired by function and limit." },
    edge_runner_isolate_exits_total: { type: "counter", help: "Isolates that ended, by function and cause." },
    edge_runner_cold_starts_total: { type: "counter", help: "Isolates started." },
    edge_runner_isolates: { type: "gauge", help: "Live isolates by worker slot." },
    edge_runner_worker_rss_bytes: { type: "gauge", help: "Resident size by worker slot." },
    edge_runner_workers: { type: "gauge", help: "Workers that are connected, the one standing by included." },
    edge_runner_replays_total: { type: "counter", help: "Requests sent to another worker after theirs died." },
    edge_runner_process_deaths_total: { type: "counter", help: "Processes that ended unasked, by kind and cause." },
    edge_runner_sandbox_layer: { type: "gauge", help: "1 for each layer of the workers' sandbox that is on." },
  });
}

export type Metrics = ReturnType<typeof newMetrics>;
