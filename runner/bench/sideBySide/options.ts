import { parseArgs } from "node:util";

export const MEASURES = ["throughput", "coldStarts", "memory", "warmRatio"] as const;
export type Measure = (typeof MEASURES)[number];

export interface Options {
  readonly rounds: number;
  readonly measures: readonly Measure[];
  /** Names of candidates; undefined for all. The runner itself always takes part. */
  readonly candidates: readonly string[] | undefined;
  readonly json: boolean;
  readonly help: boolean;
  /** Whether the run is one that the documents may show. */
  readonly isWhole: boolean;
}

const ROUNDS = 7;
const QUICK_ROUNDS = 2;

export const USAGE = `usage: npm run bench:runner -- [--quick] [--only <names>] [--rounds <n>] [--json] [--help]

The runner beside others, all in turn on the same machine. A whole run takes about half an hour and rewrites its section of
docs/measurements.md and docs/measurements/bench-runner.json; any other run only prints.

  --quick    ${QUICK_ROUNDS} rounds instead of ${ROUNDS}
  --only     measures (${MEASURES.join(", ")}), candidates (workerd, workerd-loader, seed, deno, bun, miniflare,
             node:http), or both, with commas; the runner always takes part
  --rounds   how many rounds
  --json     prints the figures as JSON instead of tables
`;

/** @throws Error that says what is wrong with an option */
export function parseOptions(args: readonly string[], candidates: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const { quick, only, json, help } = values;
  const rounds = Number(values.rounds ?? (quick ? QUICK_ROUNDS : ROUNDS));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100)
    throw new Error(`--rounds is ${values.rounds}: give an integer from 1 to 100`);
  const names = namesOf(only, [...MEASURES, ...candidates]);
  const measures = MEASURES.filter((measure) => names.includes(measure));
  const chosen = candidates.filter((candidate) => names.includes(candidate));
  return {
    rounds,
    measures: measures.length > 0 ? measures : MEASURES,
    candidates: chosen.length > 0 ? chosen : undefined,
    json,
    help,
    isWhole: names.length === 0 && rounds >= ROUNDS,
  };
}

function namesOf(only: string | undefined, known: readonly string[]): string[] {
  const names = only?.split(",") ?? [];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`--only names ${unknown.join(", ")}: known are ${known.join(", ")}`);
  return names;
}
