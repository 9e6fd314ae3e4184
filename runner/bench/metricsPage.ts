import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { newAdminServer } from "../router/adminServer.ts";
import { Metrics } from "../router/metrics.ts";

/**
 * What metrics cost: one request, and a page of two thousand functions that each had every kind of event. Prints times and the
 * longest time in which the event loop could do nothing else. `node runner/bench/metricsPage.ts`
 */
const FUNCTIONS = 2_000;
const REQUESTS = 1_000_000;
const ROUNDS = 3;

const metrics = new Metrics("eu-west-1");
for (let index = 0; index < FUNCTIONS; index++) {
  const of = metrics.of({ name: `function-${index}`, version: index.toString(16).padStart(16, "0") });
  for (let request = 0; request < 30; request++) {
    of.answered(200 + (request % 3) * 100, request);
    of.over({ cpuMs: request, cold: request === 0 });
    of.queued(request / 2);
  }
  of.add("edge_runner_errors_total", { code: "ERR_LIMIT_CPU_MS" });
  of.add("edge_runner_limits_fired_total", { limit: "cpuMs" });
  of.add("edge_runner_isolate_exits_total", { cause: "idle" });
  of.add("edge_runner_sub_requests_total", { outcome: "answered" });
  of.add("edge_runner_egress_bytes_total", { direction: "in" }, 1_000);
  of.add("edge_runner_egress_bytes_total", { direction: "out" }, 1_000);
  of.coldStart(null);
  of.heapPeak(10_000_000);
}

const one = metrics.of({ name: "function-7", version: "7".padStart(16, "0") });
const startedMs = performance.now();
for (let request = 0; request < REQUESTS; request++) {
  one.queued(0);
  one.answered(200, request % 100);
  one.over({ cpuMs: request % 10, cold: false });
}
const requestUs = ((performance.now() - startedMs) * 1_000) / REQUESTS;

const statuses = Array.from({ length: FUNCTIONS }, (_, index) => {
  return [`function-${index}`, { version: index.toString(16).padStart(16, "0"), status: "active" as const }] as const;
});
const server = newAdminServer({
  metrics,
  releases: { active: undefined },
  pool: { connected: 0 },
  switches: { all: Object.fromEntries(statuses) },
  sandbox: { layers: null },
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as { port: number };

process.stdout.write(`one request: ${requestUs.toFixed(2)} µs\n`);
for (let round = 0; round < ROUNDS; round++) {
  let longestMs = 0;
  let turnMs = cpuMs();
  let reading = true;
  const startMs = turnMs;
  const turn = () => {
    const nowMs = cpuMs();
    longestMs = Math.max(longestMs, nowMs - turnMs);
    turnMs = nowMs;
    if (reading) setImmediate(turn);
  };
  turn();
  const bytes = await readElsewhere(`http://127.0.0.1:${port}/metrics`);
  reading = false;
  process.stdout.write(
    `page of ${FUNCTIONS} functions: ${(bytes / 1e6).toFixed(1)} MB, ${(cpuMs() - startMs).toFixed(0)} ms of CPU time, ` +
      `the event loop held for ${longestMs.toFixed(1)} ms of it at most\n`,
  );
}
server.closeAllConnections();
server.close();

/** CPU time of this thread: what the machine does beside it does not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Bytes of the page, read by another process. */
async function readElsewhere(url: string): Promise<number> {
  const script = `fetch(${JSON.stringify(url)}).then((r) => r.arrayBuffer()).then((b) => console.log(b.byteLength))`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script]);
  return Number(stdout);
}
