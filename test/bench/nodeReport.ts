import { pairedRatio, spreadOf } from "../../runner/bench/sideBySide/statistics.ts";

/** What one candidate did in one scenario, a figure a round. */
export interface Row {
  readonly scenario: string;
  readonly candidate: string;
  readonly perSecond: readonly number[];
  /** CPU time of all of a candidate's processes per request, µs; none where connections are counted. */
  readonly cpuMicros: readonly number[];
}

export interface NodeResults {
  readonly machine: { readonly cpu: string; readonly load: readonly [number, number] };
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly rows: readonly Row[];
  /** Memory that each candidate has taken after all of it, MB. */
  readonly memoryMb: Readonly<Record<string, number>>;
}

/** The section of `docs/measurements.md`. */
export function reportOf({ machine, versions, rounds, rows, memoryMb }: NodeResults): string {
  const [before, after] = machine.load.map((value) => value.toFixed(1));
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const memory = Object.entries(memoryMb).map(([name, mb]) => `${name} ${mb.toFixed(0)} MB`);
  return `\`npm run bench:node\`, ${rounds} rounds, all candidates of a scenario in turn in each. ${machine.cpu}; ${programs.join(", ")}. Load of the machine ${before} before, ${after} after.
Half of the CPUs for all processes of a candidate, half for the load: 50 connections, in HTTP/2 four streams on each. The ratio is the candidate's to the first one of its scenario, the median of what each round says.

${table(rows)}

Memory after it (shared pages in equal parts): ${memory.join(", ")}.`;
}

function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const first = rows.find(({ scenario }) => scenario === row.scenario) as Row;
    const ratio = row === first ? "" : `${pairedRatio(row.perSecond, first.perSecond).toFixed(2)}×`;
    const cpu = row.cpuMicros.length === 0 ? "" : spread(row.cpuMicros, 1);
    return [row.scenario, row.candidate, spread(row.perSecond, 0), cpu, ratio];
  });
  const heads = ["scenario", "candidate", "a second, min / median / max", "µs of CPU time each", "ratio"];
  return [heads, heads.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function spread(values: readonly number[], digits: number): string {
  const { min, median, max } = spreadOf(values);
  return [min, median, max].map((value) => value.toFixed(digits)).join(" / ");
}
