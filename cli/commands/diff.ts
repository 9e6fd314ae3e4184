import { tableDiff } from "@edge-fleet/runner/release/diff/tableDiff";
import { deployStable } from "@edge-fleet/runner/release/tableChanges";
import type { ReleasedFunction } from "@edge-fleet/runner/release/types";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { buildWanted } from "../release/build.ts";
import { deployedNow } from "../release/deployer.ts";
import { diffText } from "../release/diffText.ts";
import { readLive, readNumbered } from "../release/live.ts";

/** `edge diff` */
export const diff = defineCommand({
  summary: "show what differs between releases, or what a deploy of this project would change",
  description:
    "Without a release: from what is live to the project's functions. With one: from it to what is live. With two: from the first to the second.",
  args: {
    release: { summary: "number of a release", arity: "optional" },
    other: { summary: "number of another one", arity: "optional" },
  },
  options: {},
  examples: [
    { line: "diff", meaning: "what `edge deploy` would change" },
    { line: "diff 41", meaning: "what has changed since release 41" },
    { line: "diff 41 42", meaning: "what release 42 changed" },
  ],
  async run(context, { args }) {
    const [from, to] = await sides(context, args.release, args.other);
    const found = tableDiff(from.functions, to.functions);
    const text = () => (found.length === 0 ? `${from.name} and ${to.name} are the same.` : diffText(found));
    context.out.show({ from: from.name, to: to.name, functions: found }, text);
  },
});

interface Side {
  readonly name: string;
  readonly functions: readonly ReleasedFunction[];
}

async function sides(
  context: Context,
  release: string | undefined,
  other: string | undefined,
): Promise<readonly [Side, Side]> {
  const store = await context.openStore();
  const numbered = async (word: string): Promise<Side> => {
    const number = releaseNumber(word);
    return { name: `release ${number}`, functions: (await readNumbered(store, number)).functions };
  };
  if (release !== undefined && other !== undefined) return [await numbered(release), await numbered(other)];
  const current = await readLive(store);
  const functions = current?.release.functions ?? [];
  const live: Side = {
    name: current === null ? "nothing live" : `release ${current.current.release} (live)`,
    functions,
  };
  if (release !== undefined) return [await numbered(release), live];
  const manifests = await buildWanted(context, { paths: [] });
  const deployed = await deployedNow(context, "");
  const project = manifests.reduce(
    (table, manifest) => deployStable(manifest, { owner: "command", deployed })(table),
    functions,
  );
  return [live, { name: "the project", functions: project }];
}

function releaseNumber(word: string): number {
  const number = Number(word);
  if (!/^\d{1,15}$/.test(word) || number < 1) {
    throw new UsageError(`${JSON.stringify(word)} is no release: give its number, as \`edge status\` shows it`);
  }
  return number;
}
