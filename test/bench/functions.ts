/** What each ready function costs on this machine: `npm run bench:functions -- --help`. */
import { cpus, loadavg } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { writeDocuments } from "../../runner/bench/sideBySide/document.ts";
import { medianOf } from "../../runner/bench/sideBySide/statistics.ts";
import { bundleBytes } from "../../runner/release/functionManifest.ts";
import { PROBATION } from "../../runner/router/health/functionHealth.ts";
import { until } from "../../runner/runnerFixture.ts";
import { bundleOf, documentedConfigs } from "../functions/ready.ts";
import { type Use, UsedFunctions, usesOfAll } from "../functions/uses.ts";

const USAGE = `usage: npm run bench:functions -- [--quick] [--json] [--help]

One request after the other to each ready function, in a runner with one worker: processor time of a warm request, the largest
heap, and what the first request of an isolate takes longer than a warm one. Servers that functions ask are on this machine. A
whole run takes some minutes and rewrites its section of docs/measurements.md and docs/measurements/bench-functions.json.

  --quick   few requests, which are only printed
  --json    prints the figures as JSON instead of a table
  --help    this text
`;

/** Fewer than functions, so that each has lost its isolate when its turn comes again. */
const KEPT_ISOLATES = 3;
const PROMOTED_WITHIN_MS = 120_000;
const PAUSE_MS = 40;
const MB = 1_000_000;

interface Cost {
  readonly name: string;
  readonly codeKb: number;
  readonly cpuMs: number;
  readonly coldMs: number;
  readonly heapMb: number;
}

interface Results {
  readonly machine: { readonly cpu: string; readonly load: readonly number[] };
  readonly rounds: number;
  readonly requests: number;
  readonly costs: readonly Cost[];
}

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, json: { type: "boolean" }, help: { type: "boolean" } },
});
if (values.help) process.stdout.write(USAGE);
else {
  const [before = 0] = loadavg();
  const plan = values.quick ? { rounds: 2, requests: 10 } : { rounds: 10, requests: 100 };
  const costs = await measured(plan);
  const machine = { cpu: cpus()[0]?.model ?? "unknown CPU", load: [before, loadavg()[0] ?? 0] };
  const results = { machine, ...plan, costs };
  if (!values.quick) writeDocuments("bench:functions", reportOf(results), results);
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : `${reportOf(results)}\n`);
}

async function measured({ rounds, requests }: Pick<Results, "rounds" | "requests">): Promise<Cost[]> {
  await using used = await UsedFunctions.start(KEPT_ISOLATES);
  const { runner } = used;
  const uses = Object.entries(await usesOfAll()).flatMap(([name, use]) => (use === null ? [] : [[name, use] as const]));
  const ask = async (use: Use) => {
    const began = performance.now();
    const { status, body } = await runner.fetch(use.path, use);
    if (status !== use.status) throw new Error(`${use.path} answers ${status}: ${body.slice(0, 200)}`);
    return performance.now() - began;
  };
  for (const [, use] of uses) for (let request = 0; request < PROBATION.answers; request++) await ask(use);
  await until(
    "every function has left probation",
    async () => {
      const { functions } = JSON.parse((await runner.ask("/functions")).body);
      return uses.every(([name]) => functions[name]?.place === "shared");
    },
    PROMOTED_WITHIN_MS,
  );
  const times = new Map(uses.map(([name]) => [name, { cold: [] as number[], warm: [] as number[] }]));
  const cpu = async (name: string, part: "sum" | "count") =>
    (await runner.metrics()).sum(`edge_runner_request_cpu_seconds_${part}`, { function: name });
  const cpuMs = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, use] of uses) {
      process.stderr.write(`round ${round + 1} of ${rounds}: ${name}\n`);
      // Spare isolates are made again meanwhile.
      await delay(PAUSE_MS);
      times.get(name)?.cold.push(await ask(use));
      const [secondsBefore, countBefore] = [await cpu(name, "sum"), await cpu(name, "count")];
      for (let request = 0; request < requests; request++) times.get(name)?.warm.push(await ask(use));
      const seconds = (await cpu(name, "sum")) - secondsBefore;
      const own = cpuMs.get(name) ?? [];
      cpuMs.set(name, [...own, (seconds / ((await cpu(name, "count")) - countBefore)) * 1_000]);
    }
  }
  const configs = documentedConfigs();
  const metrics = await runner.metrics();
  return Promise.all(
    uses.map(async ([name]) => {
      const config = configs.get(name);
      if (config === undefined) throw new Error(`no config of ${name}`);
      const { cold, warm } = times.get(name) ?? { cold: [], warm: [] };
      return {
        name,
        codeKb: bundleBytes((await bundleOf(config)).modules) / 1_000,
        cpuMs: medianOf(cpuMs.get(name) ?? []),
        coldMs: medianOf(cold) - medianOf(warm),
        heapMb: metrics.sum("edge_runner_isolate_heap_peak_bytes", { function: name }) / MB,
      };
    }),
  );
}

function reportOf({ machine, rounds, requests, costs }: Results): string {
  const [before, after] = machine.load.map((value) => value.toFixed(1));
  const rows = costs.map(
    ({ name, codeKb, cpuMs, coldMs, heapMb }) =>
      `| ${name} | ${codeKb.toFixed(0)} | ${cpuMs.toFixed(2)} | ${coldMs.toFixed(1)} | ${heapMb.toFixed(1)} |`,
  );
  return `\`npm run bench:functions\`, medians of ${rounds} rounds of ${requests} warm requests each. ${machine.cpu}. Load of the machine ${before} before, ${after} after.

| function | code, KB | CPU of a warm request, ms | cold start over a warm request, ms | largest heap, MB |
| --- | ---: | ---: | ---: | ---: |
${rows.join("\n")}`;
}
