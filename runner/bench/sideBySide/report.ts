import type { ColdStarts } from "./measures/coldStarts.ts";
import type { Memory } from "./measures/memory.ts";
import type { Throughput } from "./measures/throughput.ts";
import type { WarmRatio } from "./measures/warmRatio.ts";
import { pairedRatio, type Spread, spreadOf } from "./statistics.ts";
import { type Outcome, targets } from "./targets.ts";

const OURS = "edge-fleet";

/** What a run of the benchmark saw. */
export interface Results {
  readonly machine: {
    readonly cpu: string;
    readonly serverCpus: number;
    readonly loadCpus: number;
    readonly node: string;
    /** Load average over a minute at the beginning and at the end. */
    readonly load: readonly [number, number];
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly applicationKb: Readonly<Record<string, number>>;
  readonly throughput: readonly Throughput[];
  readonly coldStarts: readonly ColdStarts[];
  readonly memory: readonly Memory[];
  readonly warmRatio?: WarmRatio;
}

/** The section of `docs/measurements.md`. */
export function reportOf(results: Results): string {
  return [
    preface(results),
    results.throughput.length > 0 && throughputTable(results.throughput),
    results.coldStarts.length > 0 && coldTable(results.coldStarts),
    results.memory.length > 0 && memoryTable(results.memory),
    results.warmRatio && warmLine(results.warmRatio),
    targetTable(targets(results)),
  ]
    .filter(Boolean)
    .join("\n\n");
}

function preface({ machine, versions, rounds, applicationKb }: Results): string {
  const { cpu, serverCpus, loadCpus, node, load } = machine;
  const peers = ["workerd", "miniflare", "deno", "bun"].map((name) => `${name} ${versions[name]}`);
  const sizes = Object.entries(applicationKb).map(([name, kb]) => `*${name}* has ${kb} KB`);
  const [before, after] = load.map((value) => value.toFixed(1));
  return `\`npm run bench:runner\`, ${rounds} rounds, all candidates in turn in each. ${cpu}; Node ${node}, ${peers.join(", ")}. Load of the machine ${before} before, ${after} after.
Throughput: ${count(serverCpus, "CPU")} for all processes of a candidate, ${count(loadCpus, "other")} for h2load, 50 connections over UNIX sockets. ${sizes.join(", ")} (hono, zod, jose: it
routes, verifies an HS256 token, validates claims and query; requests have a browser's headers). µs: CPU time of all of a candidate's processes per request.
Ratios are ours to theirs, the median of what each round says.`;
}

function throughputTable(all: readonly Throughput[]): string {
  const rows = all.map((one) => {
    const { candidate, application, tenants, connections } = one;
    const ours = all.find((other) => other.candidate === OURS && isSameScenario(one, other));
    const ratio = ours === undefined || ours === one ? "" : `${pairedRatio(ours.perSecond, one.perSecond).toFixed(2)}×`;
    const rate = spread(spreadOf(one.perSecond.map((value) => value / 1_000)), 1);
    return [application, tenants, connections, candidate, rate, spread(spreadOf(one.cpuMicros), 0), ratio];
  });
  const heads = ["function", "tenants", "connections", "", "thousand requests/s", "µs", "ratio"];
  return `min / median / max:\n\n${table(heads, rows)}`;
}

function isSameScenario(a: Throughput, b: Throughput): boolean {
  return a.application === b.application && a.tenants === b.tenants && a.connections === b.connections;
}

function coldTable(all: readonly ColdStarts[]): string {
  const rows = all.map((one) => {
    const ours = all.find((other) => other.candidate === OURS && other.application === one.application);
    const ratio =
      ours === undefined || ours === one ? "" : `${pairedRatio(one.overWarmMs, ours.overWarmMs).toFixed(1)}×`;
    const whole = spread(spreadOf(one.coldMs), 2);
    return [one.application, one.candidate, `a ${one.kind}`, whole, spread(spreadOf(one.overWarmMs), 2), ratio];
  });
  const heads = ["function", "", "starts", "first request, ms", "above a warm one, ms", "faster"];
  return `Cold starts, median of each round's functions, client to client; min / median / max of the rounds:\n\n${table(heads, rows)}`;
}

function memoryTable(all: readonly Memory[]): string {
  const rows = all.map(({ candidate, application, megabytes }) => [
    application,
    candidate,
    spread(spreadOf(megabytes), 2),
  ]);
  return `Resident memory of one more idle function:\n\n${table(["function", "", "MB"], rows)}`;
}

function warmLine({ functions, workers, isolatesPerWorker, requests, cold, ratio }: WarmRatio): string {
  return `Warm ratio: ${(ratio * 100).toFixed(1)} % (${cold} of ${requests} requests had to wait for an isolate): ${functions} functions by a Zipf law (s = 1), ${workers} workers with ${isolatesPerWorker} isolates each.`;
}

function targetTable(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ what, target, seen, isMet }) => [what, target, seen, isMet ? "yes" : "**no**"]);
  return table(["target", "", "seen", "met"], rows);
}

function spread({ min, median, max }: Spread, digits: number): string {
  return [min, median, max].map((value) => value.toFixed(digits)).join(" / ");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return lines.join("\n");
}
