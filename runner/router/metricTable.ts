import { OPERATION_SECONDS } from "../bindings/durations.ts";

/** From a warm answer of a quarter of a millisecond to the longest wall time. */
const LATENCY_SECONDS = [
  0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;
const QUEUE_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10] as const;

const LAG_SECONDS = [0.1, 0.5, 1, 5, 30, 60, 300, 3_600] as const;

const FUNCTION = ["function", "version"] as const;

/** Everything the runner tells Prometheus; each series also has the node's region. */
export const METRICS = {
  edge_runner_info: {
    type: "gauge",
    help: "The node of this runner, and the version of Node.js that it runs on.",
    labels: ["node", "runtime"],
  },
  edge_runner_release: { type: "gauge", help: "Number of the active release.", labels: [] },
  edge_runner_release_generation: {
    type: "gauge",
    help: "Generation under which the active release came.",
    labels: [],
  },
  edge_runner_release_refusals_total: { type: "counter", help: "Releases that were refused.", labels: [] },
  edge_runner_secret_renewals_total: {
    type: "counter",
    help: "Functions whose secrets had changed, by outcome: renewed, or refused (it could not start with the new ones and keeps the old).",
    labels: ["outcome"],
  },
  edge_runner_invocations_total: {
    type: "counter",
    help: "Answers by kind of status.",
    labels: [...FUNCTION, "status"],
  },
  edge_runner_errors_total: {
    type: "counter",
    help: "Error answers of the runner by code; no function where none was found.",
    labels: [...FUNCTION, "code"],
  },
  edge_runner_cut_responses_total: {
    type: "counter",
    help: "Answers cut after their head: limit, lost (worker or isolate), function (its stream failed), protocol.",
    labels: [...FUNCTION, "cause"],
  },
  edge_runner_client_aborts_total: {
    type: "counter",
    help: "Requests whose client went before the answer was whole.",
    labels: FUNCTION,
  },
  edge_runner_request_duration_seconds: {
    type: "histogram",
    help: "From a request's arrival to its answer's headers.",
    labels: FUNCTION,
    buckets: LATENCY_SECONDS,
  },
  edge_runner_request_cpu_seconds: {
    type: "histogram",
    help: "CPU time of a request.",
    labels: FUNCTION,
    buckets: LATENCY_SECONDS,
  },
  edge_runner_request_queue_seconds: {
    type: "histogram",
    help: "From a request's arrival to its way to a worker.",
    labels: FUNCTION,
    buckets: QUEUE_SECONDS,
  },
  edge_runner_scheduled_runs_total: {
    type: "counter",
    help: "Runs of scheduled handlers that were begun: ok or failed.",
    labels: [...FUNCTION, "outcome"],
  },
  edge_runner_scheduled_lag_seconds: {
    type: "histogram",
    help: "From the time of a schedule to its run's beginning.",
    labels: FUNCTION,
    buckets: LAG_SECONDS,
  },
  edge_runner_limits_fired_total: { type: "counter", help: "Limits that fired.", labels: [...FUNCTION, "limit"] },
  edge_runner_isolate_exits_total: { type: "counter", help: "Isolates that ended.", labels: [...FUNCTION, "cause"] },
  edge_runner_code_caches_total: {
    type: "counter",
    help: "Compiled modules: made, used by an isolate, rejected by V8, bad (not what was written), failed to be made.",
    labels: ["outcome"],
  },
  edge_runner_cold_starts_total: {
    type: "counter",
    help: "Isolates started, by why there was none: deploy, idle, evicted, scale (the first in a further worker), lost.",
    labels: [...FUNCTION, "cause"],
  },
  edge_runner_isolate_requests_total: {
    type: "counter",
    help: "Requests that found an isolate (warm) or waited for one (cold).",
    labels: [...FUNCTION, "start"],
  },
  edge_runner_isolate_heap_peak_bytes: {
    type: "gauge",
    help: "Largest heap that an isolate of the version has had.",
    labels: FUNCTION,
  },
  edge_runner_sub_requests_total: {
    type: "counter",
    help: "Sub-requests by what they came to: answered, failed, timedOut, cancelled, refused.",
    labels: [...FUNCTION, "outcome"],
  },
  edge_runner_sub_request_refusals_total: {
    type: "counter",
    help: "Sub-requests that were not sent, by reason; no function where a worker claimed one that it does not run.",
    labels: [...FUNCTION, "reason"],
  },
  edge_runner_egress_bytes_total: {
    type: "counter",
    help: "Bytes of sub-requests' bodies by direction, as the function sees them.",
    labels: [...FUNCTION, "direction"],
  },
  edge_runner_binding_operations_total: {
    type: "counter",
    help: "Operations of bindings by what they came to: answered, cancelled, or the code of their error.",
    labels: [...FUNCTION, "kind", "operation", "outcome"],
  },
  edge_runner_binding_operation_duration_seconds: {
    type: "histogram",
    help: "From an operation's arrival in the broker to the last byte of its result.",
    labels: [...FUNCTION, "kind"],
    buckets: OPERATION_SECONDS,
  },
  edge_runner_isolates: {
    type: "gauge",
    help: "Isolates by worker slot: live ones hold a function, spare ones wait for any.",
    labels: ["slot", "state"],
  },
  edge_runner_worker_rss_bytes: { type: "gauge", help: "Resident size by worker slot.", labels: ["slot"] },
  edge_runner_workers: {
    type: "gauge",
    help: "Workers that are connected, the one standing by included.",
    labels: [],
  },
  edge_runner_replays_total: {
    type: "counter",
    help: "Requests sent to another worker after theirs died.",
    labels: FUNCTION,
  },
  edge_runner_function_status: {
    type: "gauge",
    help: "1 for what a function is: active, deploying, disabled or quarantined.",
    labels: [...FUNCTION, "status"],
  },
  edge_runner_function_moves_total: {
    type: "counter",
    help: "Versions that went to shared workers, probation, a private worker or quarantine.",
    labels: [...FUNCTION, "to"],
  },
  edge_runner_process_deaths_total: {
    type: "counter",
    help: "Processes that ended unasked.",
    labels: ["process", "cause"],
  },
  edge_runner_log_lines_dropped_total: {
    type: "counter",
    help: "Log lines that were dropped because nobody read fast enough, by the process that had no room.",
    labels: ["process"],
  },
  edge_runner_sandbox_layer: {
    type: "gauge",
    help: "1 for each layer of the workers' sandbox that is on.",
    labels: ["layer"],
  },
} as const;

export type Table = typeof METRICS;
export type MetricName = keyof Table;
