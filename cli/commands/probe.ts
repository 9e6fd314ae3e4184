import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { defineCommand, flag, value } from "../command.ts";
import { CommandError, EXIT_CODES } from "../errors.ts";
import { styled, table } from "../output.ts";
import { integer } from "../parsers.ts";
import { measureRoundTrips, type RoundTrips } from "../probe/roundTrip.ts";
import { betterFailover, unifiedDiff, withFailover } from "../probe/suggestion.ts";
import { stackFile } from "../project.ts";

const DEFAULT_ROUNDS = 5;

/** `edge probe` */
export const probe = defineCommand({
  summary: "measure the latency of each region to each",
  description:
    "The median of TCP connections from each region's address to the others' doors. On a local fleet all regions are on this machine, and so is the latency. " +
    "Exit code 1 when a region does not answer.",
  args: {},
  options: {
    suggest: flag(
      "print the change of the stack's file that has the nearest regions stand in first, as a diff; nothing is written",
    ),
    rounds: value("<n>", `connections of each pair; default ${DEFAULT_ROUNDS}`, integer({ min: 1, max: 1_000 })),
  },
  examples: [
    { line: "probe", meaning: "a table of round trips" },
    { line: "probe --suggest | git apply", meaning: "take over what it suggests" },
  ],
  async run({ environment, out, projectDir, signal, stack }, { options }) {
    const { config } = environment();
    if (config.target !== "local") {
      throw new CommandError(
        `stack ${stack} has target ${config.target}, whose nodes cannot be asked in this version; use a stack with target local`,
      );
    }
    const trips = await measureRoundTrips(config, { rounds: options.rounds ?? DEFAULT_ROUNDS, signal });
    const isWhole = [...trips.values()].every((row) => ![...row.values()].includes(null));
    const code = isWhole ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
    const roundTripMs = Object.fromEntries([...trips].map(([from, row]) => [from, Object.fromEntries(row)]));
    if (!options.suggest) {
      out.show({ roundTripMs }, () => tripsText(trips));
      return code;
    }
    const file = stackFile(projectDir, stack);
    const better = betterFailover(config.regions, trips);
    const text = readFileSync(file, "utf8");
    const change = better.size === 0 ? "" : unifiedDiff(relative(projectDir, file), text, withFailover(text, better));
    out.note(tripsText(trips));
    if (change === "") out.note("\nRegions stand in for each other nearest first already: nothing to change.");
    if (out.isJson || change !== "")
      out.show({ roundTripMs, failover: Object.fromEntries(better), diff: change }, () => change);
    return code;
  },
});

function tripsText(trips: RoundTrips): string {
  const names = [...trips.keys()];
  const cell = (from: string, to: string) => {
    if (from === to) return styled("dim", "·");
    const ms = trips.get(from)?.get(to) ?? null;
    return ms === null ? styled("red", "no answer") : `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
  };
  const rows = names.map((from) => [from, ...names.map((to) => cell(from, to))]);
  return table(["FROM / TO", ...names], rows, { right: names.map((_, index) => index + 1) });
}
