import { restoreTable } from "@edge-fleet/runner/release/declaration";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import { backTo, endSplit, type TableChange } from "@edge-fleet/runner/release/tableChanges";
import type { Deployed, Release } from "@edge-fleet/runner/release/types";
import { defineCommand, value } from "../command.ts";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";
import { versionNumber } from "../parsers.ts";
import { CHANGE_OPTIONS, changeLive } from "../release/apply.ts";
import { type Live, readNumbered, releasedFunction, releasesBefore, requireLive } from "../release/live.ts";
import { knownVersions } from "../release/versions.ts";

/** `edge rollback` */
export const rollback = defineCommand({
  summary: "go back to an earlier version of a function, or to an earlier release",
  description:
    "A function with a split goes back to its stable version alone; one without goes back to the version that was stable before. Without a function all of them go back to what the release before had. Going back is a release of its own: nothing is lost, and it can be taken back in the same way.",
  args: { function: { summary: "a deployed function; default all", arity: "optional", completes: "functions" } },
  options: {
    to: value("<number>", "version of the function (7 or v7), or number of the release", versionNumber),
    ...CHANGE_OPTIONS,
  },
  isDestructive: true,
  examples: [
    { line: "rollback hello", meaning: "to the version before" },
    { line: "rollback hello --to v7", meaning: "`edge show hello --versions` lists them" },
    { line: "rollback --to 41 --yes", meaning: "all functions as in release 41" },
  ],
  async run(context, { args, options }) {
    const store = await context.openStore();
    const live = await requireLive(store);
    const wanted =
      args.function === undefined
        ? await wholeRelease(store, live, options.to)
        : await oneFunction(context, live, { name: args.function, to: options.to });
    return changeLive(context, {
      change: wanted.change,
      options,
      reason: `edge rollback to ${wanted.target}`,
      question: `Go back to ${wanted.target} in the fleet of stack ${context.stack}?`,
    });
  },
});

interface Target {
  /** What people call it. */
  readonly target: string;
  readonly change: (deployed: Deployed) => TableChange;
}

async function wholeRelease(store: ReleaseStore, { release }: Live, to: number | undefined): Promise<Target> {
  const old = to === undefined ? await firstOf(releasesBefore(store, release)) : await onceLive(store, release, to);
  if (old === undefined) {
    throw new CommandError(`the store has no release that was live before ${release.release}; name one with --to`);
  }
  return { target: `release ${old.release}`, change: (deployed) => restoreTable(old.functions, deployed) };
}

async function oneFunction(
  context: Context,
  live: Live,
  { name, to }: { readonly name: string; readonly to: number | undefined },
): Promise<Target> {
  const released = releasedFunction(context, live, name);
  if (released.split !== null && (to === undefined || to === released.number)) {
    const target = `v${released.number} of ${released.name} alone`;
    return { target, change: (deployed) => endSplit(released.name, deployed) };
  }
  const versions = await knownVersions(await context.openStore(), live, released);
  const found = versions.find(({ number, stableIn }) =>
    to === undefined ? number < released.number && stableIn !== null : number === to,
  );
  if (found === undefined) {
    const known = versions.map(({ number }) => `v${number}`).join(", ");
    const what = to === undefined ? "a version that was stable before" : `v${to}`;
    throw new CommandError(`the store has no release with ${what} of ${released.name}; it has ${known}`);
  }
  const { number, manifest } = found;
  return {
    target: `v${number} of ${released.name}`,
    change: (deployed) => backTo(released.name, { number, manifest }, deployed),
  };
}

/** @throws CommandError where the store has no such release, or it was never live */
async function onceLive(store: ReleaseStore, live: Release, to: number): Promise<Release> {
  const wanted = await readNumbered(store, to);
  for await (const { release } of releasesBefore(store, live)) {
    if (release === to) break;
    if (release < to) {
      throw new CommandError(
        `release ${to} was never live: another deployer was faster than ${wanted.createdBy}. The one before it is ${release}`,
      );
    }
  }
  return wanted;
}

async function firstOf<Item>(items: AsyncIterable<Item>): Promise<Item | undefined> {
  for await (const item of items) return item;
  return undefined;
}
