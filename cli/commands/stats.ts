import { setTimeout as delay } from "node:timers/promises";
import { defineCommand, flag, value } from "../command.ts";
import { type FunctionStats, readStats, type StatsQuery } from "../fleetStats.ts";
import { functionNamed } from "../functionNames.ts";
import { styled, table } from "../output.ts";
import { durationMs, text } from "../parsers.ts";
import { openPrometheus } from "../prometheus.ts";
import { sparkline } from "../sparkline.ts";

const DEFAULT_MINUTES = 5;
const WATCH_EVERY_MS = 5_000;
const CLEAR = "\x1b[2J\x1b[H";

/** `edge stats` */
export const stats = defineCommand({
  summary: "show requests, latency, errors, cold starts and memory of each function",
  description: "From the Prometheus of the stack's hub, over all regions.",
  args: {},
  options: {
    over: value("<time>", `how far back; default ${DEFAULT_MINUTES}m`, durationMs),
    function: value("<name>", "one function only", text),
    region: value("<region>", "one region only", text),
    watch: flag(`again every ${WATCH_EVERY_MS / 1_000} s until Ctrl-C; with --json a line each time`),
  },
  examples: [
    { line: "stats", meaning: "the last five minutes" },
    { line: "stats --function hello --over 1h --watch", meaning: "one function, as it goes on" },
  ],
  async run(context, { options }) {
    const { out, signal, oneOf } = context;
    const environment = context.environment();
    const regions = environment.config.regions.map(({ name }) => name);
    const query: StatsQuery = {
      overS: Math.max(1, Math.round((options.over ?? DEFAULT_MINUTES * 60_000) / 1_000)),
      region: options.region === undefined ? null : oneOf("region", options.region, regions),
      function: options.function === undefined ? null : await functionNamed(context, options.function),
    };
    await using prometheus = await openPrometheus(environment, signal);
    if (!options.watch) {
      const functions = await readStats(prometheus, query);
      out.show({ overS: query.overS, functions }, () => statsText(functions));
      return;
    }
    while (!signal.aborted) {
      const functions = await readStats(prometheus, query);
      out.stream({ at: new Date().toISOString(), overS: query.overS, functions }, () =>
        process.stdout.isTTY ? `${CLEAR}${statsText(functions)}` : statsText(functions),
      );
      await delay(WATCH_EVERY_MS, undefined, { signal }).catch(() => {});
    }
  },
});

const HEAD = ["FUNCTION", "REQUESTS", "PER SECOND", "", "P50", "P95", "P99", "CPU", "ERRORS", "COLD", "HEAP"];
const NUMBERS = [1, 2, 4, 5, 6, 7, 8, 9, 10];

function statsText(functions: readonly FunctionStats[]): string {
  if (functions.length === 0) return "No request in this time.";
  const ms = (time: number | null) =>
    time === null ? "–" : time < 10 ? `${time.toFixed(1)} ms` : `${time.toFixed(0)} ms`;
  const percent = (share: number | null) =>
    share === null ? "–" : `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)}%`;
  const rows = functions.map((one) => {
    const errors = percent(one.errorRate);
    return [
      one.function,
      `${one.requests}`,
      one.requestsPerSecond.toFixed(1),
      styled("cyan", sparkline(one.overTime)),
      ...[one.p50Ms, one.p95Ms, one.p99Ms, one.cpuMs].map(ms),
      one.errorRate !== null && one.errorRate > 0 ? styled("red", errors) : errors,
      percent(one.coldRate),
      one.heapPeakMb === null ? "–" : `${one.heapPeakMb.toFixed(0)} MB`,
    ];
  });
  return table(HEAD, rows, { right: NUMBERS });
}
