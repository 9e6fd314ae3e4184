/** The runner beside other ways to run functions: `npm run bench:runner -- --help`. */
import { cpus, loadavg } from "node:os";
import { childrenOf } from "../runnerProcesses.ts";
import { APPLICATIONS, type Application, application } from "./sideBySide/application.ts";
import type { Bench } from "./sideBySide/bench.ts";
import { edgeFleet } from "./sideBySide/candidates/edgeFleet.ts";
import { bun, deno, miniflare, plainNode, seed } from "./sideBySide/candidates/scripts.ts";
import { workerd, workerdLoader } from "./sideBySide/candidates/workerd.ts";
import { cores } from "./sideBySide/cores.ts";
import { writeDocuments } from "./sideBySide/document.ts";
import { coldStarts } from "./sideBySide/measures/coldStarts.ts";
import { memory } from "./sideBySide/measures/memory.ts";
import { throughput } from "./sideBySide/measures/throughput.ts";
import { warmRatio } from "./sideBySide/measures/warmRatio.ts";
import { type Measure, parseOptions, USAGE } from "./sideBySide/options.ts";
import { peers } from "./sideBySide/peers.ts";
import { type Results, reportOf } from "./sideBySide/report.ts";

/** Memory is the same in every round but for garbage. */
const MEMORY_ROUNDS_MAX = 3;
const PEERS = [workerd, workerdLoader, seed, deno, bun, miniflare, plainNode];

const options = optionsOrExit();
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const say = (line: string) => process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // What is under way fails without its processes, and cleans up behind itself.
  process.once(signal, () => {
    interrupted = true;
    for (const { pid } of childrenOf(process.pid)) process.kill(pid, "SIGTERM");
  });
}
process.once("uncaughtException", (error) => {
  if (!interrupted) console.error(error);
  process.exit(interrupted ? 130 : 1);
});
const [loadBefore = 0] = loadavg();
const found = await peers(say);
const applications = Object.fromEntries(
  await Promise.all(APPLICATIONS.map(async (name) => [name, await application(name)] as const)),
) as Record<(typeof APPLICATIONS)[number], Application>;
const bench: Bench = {
  applications,
  peers: found,
  cores: cores(),
  rounds: options.rounds,
  has: (candidate) => candidate === edgeFleet || (options.candidates?.includes(candidate.name) ?? true),
  progress: say,
};
const measures = (measure: Measure) => options.measures.includes(measure);
const warm = measures("warmRatio") ? await warmRatio(bench) : undefined;
const measured = {
  throughput: measures("throughput") ? await throughput(bench) : [],
  coldStarts: measures("coldStarts") ? await coldStarts(bench) : [],
  memory: measures("memory") ? await memory({ ...bench, rounds: Math.min(bench.rounds, MEMORY_ROUNDS_MAX) }) : [],
  ...(warm && { warmRatio: warm }),
};
const results: Results = {
  machine: {
    cpu: cpus()[0]?.model ?? "unknown CPU",
    serverCpus: bench.cores.server.length,
    loadCpus: bench.cores.load.length,
    node: process.version,
    load: [loadBefore, loadavg()[0] ?? 0],
  },
  versions: bench.peers.versions,
  rounds: options.rounds,
  applicationKb: Object.fromEntries(
    Object.entries(applications).map(([name, { code }]) => [name, Math.ceil(code.length / 1024)]),
  ),
  ...measured,
};
if (options.isWhole) writeDocuments("bench:runner", reportOf(results), results);
process.stdout.write(options.json ? `${JSON.stringify(results, null, 2)}\n` : `${reportOf(results)}\n`);

function optionsOrExit() {
  try {
    return parseOptions(
      process.argv.slice(2),
      PEERS.map(({ name }) => name),
    );
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}
