interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** What previews of one fleet took. */
export interface PlanRow {
  readonly regions: number;
  readonly resources: number;
  readonly ms: Spread;
  /** CPU time of all its processes. */
  readonly cpuMs: Spread;
  /** The most that its processes had at once, MB. */
  readonly mb: number;
}

export interface PlanResults {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly load: readonly [number, number] };
  readonly rounds: number;
  readonly rows: readonly PlanRow[];
}

/** Seconds that a preview may take on two cores. */
const TARGETS: Readonly<Record<number, number>> = { 3: 6, 30: 20 };

/** The section of `docs/measurements.md`. */
export function reportOf({ machine, rounds, rows }: PlanResults): string {
  const [before, after] = machine.load.map((value) => value.toFixed(1));
  const lines = rows.map(({ regions, resources, ms, cpuMs, mb }) => {
    const target = TARGETS[regions];
    const met = target === undefined ? "" : ms.median <= target * 1_000 ? "yes" : "**no**";
    return [
      String(regions),
      String(resources),
      seconds(ms),
      seconds(cpuMs),
      mb.toFixed(0),
      target === undefined ? "" : `${target} s`,
      met,
    ];
  });
  const heads = ["regions", "resources", "s, min / median / max", "s of CPU time", "MB", "asked", "met"];
  const table = [heads, heads.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return `\`npm run bench:plan\`, ${rounds} previews of each fleet. ${machine.cpu}, ${machine.cores} cores, load ${before} before, ${after} after. Everything on: three zones, a NAT gateway in each, flow logs. With stand-ins
for the providers' plugins; CPU time and memory are those of engine, program and stand-ins together.

${table}`;
}

function seconds({ min, median, max }: Spread): string {
  return [min, median, max].map((value) => (value / 1_000).toFixed(1)).join(" / ");
}
