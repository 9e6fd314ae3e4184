/** What a plan of a fleet in the cloud takes, by its number of regions: `npm run bench:plan -- --help`. */
import { readFileSync } from "node:fs";
import { cpus as cpuModels, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { writeDocuments } from "../../runner/bench/sideBySide/document.ts";
import { residentMb } from "../../runner/bench/sideBySide/processTree.ts";
import { spreadOf } from "../../runner/bench/sideBySide/statistics.ts";
import { descendantsOf } from "../../runner/runnerProcesses.ts";
import { initMany, isMade } from "../plan/manyRegions.ts";
import { PlanProject } from "../plan/project.ts";
import { type PlanResults, type PlanRow, reportOf } from "./planReport.ts";

const ROUNDS = 5;
const SIZES = [3, 10, 30];

const USAGE = `usage: npm run bench:plan -- [--quick] [--json] [--help]

\`pulumi preview\` of generated fleets of ${SIZES.join(", ")} regions with everything on, under the real engine with the tests' stand-ins for the providers' plugins: time, CPU time and memory
of all its processes, and resources. Amazon's plugin is larger, and asks Amazon. A whole run takes about three minutes and rewrites its section of docs/measurements.md and docs/measurements/bench-plan.json.

  --quick   one round, which is only printed
  --json    prints the figures as JSON instead of a table
`;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const rounds = values.quick ? 1 : ROUNDS;
const say = (line: string) => process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);

const project = new PlanProject();
const [before = 0] = loadavg();
try {
  const rows: PlanRow[] = [];
  for (const regions of SIZES) rows.push(await measured(regions));
  const results: PlanResults = {
    machine: {
      cpu: cpuModels()[0]?.model ?? "unknown CPU",
      cores: cpuModels().length,
      load: [before, loadavg()[0] ?? 0],
    },
    rounds,
    rows,
  };
  if (!values.quick) writeDocuments("bench:plan", reportOf(results), results);
  process.stdout.write(values.json ? `${JSON.stringify(results, null, 2)}\n` : `${reportOf(results)}\n`);
} finally {
  project.dispose();
}

async function measured(regions: number): Promise<PlanRow> {
  say(`${regions} regions`);
  const stack = await initMany(project, regions);
  const resources = (await project.preview(stack)).filter(isMade).length;
  const seen = { ms: [] as number[], cpuMs: [] as number[], mb: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const cpuBefore = endedChildrenMs();
    let mb = 0;
    const looking = setInterval(() => {
      mb = Math.max(mb, memoryBelow());
    }, 250);
    const { code, output, ms } = await project.pulumi(["preview", "--stack", stack]);
    clearInterval(looking);
    if (code !== 0) throw new Error(output);
    seen.ms.push(ms);
    seen.cpuMs.push(endedChildrenMs() - cpuBefore);
    seen.mb.push(mb);
  }
  return { regions, resources, ms: spreadOf(seen.ms), cpuMs: spreadOf(seen.cpuMs), mb: spreadOf(seen.mb).max };
}

/** CPU time of all processes below this one that have ended and were waited for, ms: the kernel counts in hundredths of a second. */
function endedChildrenMs(): number {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

/** Memory of all processes below this one, MB; pages that they share are counted for each. */
function memoryBelow(): number {
  let sum = 0;
  for (const { pid } of descendantsOf(process.pid)) {
    try {
      sum += residentMb(pid);
    } catch {
      // It has ended.
    }
  }
  return sum;
}
