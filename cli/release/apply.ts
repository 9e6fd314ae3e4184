import { readBase } from "@edge-fleet/runner/release/base";
import { type Changed, changeRelease, type Deployer } from "@edge-fleet/runner/release/changeRelease";
import { type FunctionDiff, tableDiff } from "@edge-fleet/runner/release/diff/tableDiff";
import { rollbackTo } from "@edge-fleet/runner/release/publish";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { TableChange } from "@edge-fleet/runner/release/tableChanges";
import type { Deployed } from "@edge-fleet/runner/release/types";
import { flag, value } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_CODES } from "../errors.ts";
import { text } from "../parsers.ts";
import { deployer } from "./deployer.ts";
import { diffText } from "./diffText.ts";
import { type NodeRollout, watchRollout } from "./rollout.ts";

/** A node takes a release in well under a second; on a busy machine, or by polling, in some. */
const ROLLOUT_MS = 15_000;
const WAIT_MS = 5 * 60_000;

/** Options of every command that changes what is live. */
export const CHANGE_OPTIONS = {
  reason: value("<text>", "why, for those who look at it later", text),
  dryRun: flag("show what would change, and change nothing"),
  wait: flag("wait up to five minutes for every node, and fail where one does not answer"),
};

interface ChangeOptions {
  readonly reason: string | undefined;
  readonly dryRun: boolean;
  readonly wait: boolean;
}

export interface Wanted {
  readonly change: (deployed: Deployed) => TableChange;
  readonly options: ChangeOptions;
  /** Reason where none was given. */
  readonly reason: string;
  /** Asked before anything is written; null where that is not needed. */
  readonly question: string | null;
  /** Folder with modules that the store may lack. */
  readonly modulesDir?: string;
}

/**
 * Changes what the fleet serves: shows the difference, asks, writes the release, and watches it reach the regions. When a node
 * refuses it, the fleet goes back to what it had.
 *
 * @returns the exit code
 */
export async function changeLive(context: Context, wanted: Wanted): Promise<number> {
  const { out } = context;
  const { change, options, question, modulesDir } = wanted;
  const store = await context.openStore();
  const by = await deployer(context, { reason: options.reason ?? wanted.reason, modulesDir });
  const base = await readBase(store, by.keys ?? []);
  const planned = change(by.deployed);
  const functions = tableDiff(base.functions, planned(base.functions));
  const from = base.release?.release ?? null;
  if (functions.length === 0) {
    out.show({ release: from, functions, nodes: [] }, () => "Nothing to change: the fleet has all of this.");
    return EXIT_CODES.ok.code;
  }
  if (options.dryRun) {
    out.show({ release: from, functions, isDryRun: true }, () => `${diffText(functions)}\n\nNothing was written.`);
    return EXIT_CODES.ok.code;
  }
  out.note(`${diffText(functions, process.stderr)}\n`);
  // Who may not see the nodes could not follow the release to them.
  await context.machines();
  if (question !== null && !(await context.confirm(question))) {
    out.show({ release: from, functions, isDeclined: true }, () => "Nothing was written.");
    return EXIT_CODES.usage.code;
  }
  const changed = await changeRelease(store, planned, by);
  for (const { release } of changed.overtaken) out.note(`Release ${release} came first: this one is built upon it.`);
  return follow(context, { store, by, changed, functions, before: from, mustAnswer: options.wait });
}

interface Following {
  readonly store: ReleaseStore;
  readonly by: Deployer;
  readonly changed: Changed;
  readonly functions: readonly FunctionDiff[];
  /** Release that was live before; null where there was none. */
  readonly before: number | null;
  readonly mustAnswer: boolean;
}

async function follow(context: Context, following: Following): Promise<number> {
  const { store, changed, functions, mustAnswer } = following;
  const { generation, release } = changed.current;
  const timeoutMs = mustAnswer ? WAIT_MS : ROLLOUT_MS;
  const nodes = await watchRollout(context, store, { generation, timeoutMs }).catch((error) => {
    // Ctrl-C, or a store that went away: what is written stays.
    context.out.note(
      `Release ${release} is written, and nodes go on taking it: \`edge status\` tells how far they are.`,
    );
    throw error;
  });
  const isRefused = nodes.some(({ status }) => status === "refused");
  const backAt = isRefused ? await goBack(following) : null;
  const isSilent = nodes.some(({ status }) => status === "silent");
  context.out.show({ release, generation, functions, nodes, ...(isRefused && { backAt }) }, () =>
    isRefused ? refusedText(release, nodes, backAt) : liveText(release, nodes),
  );
  return isRefused || (isSilent && mustAnswer) ? EXIT_CODES.failed.code : EXIT_CODES.ok.code;
}

/** So that new nodes get what the others have. @returns the release that has what was live before, or null where another deployer has gone on. */
async function goBack({ store, by, changed, before }: Following): Promise<number | null> {
  const found = await store.readCurrent();
  if (before === null || found?.current.generation !== changed.current.generation) return null;
  const reason = `release ${changed.current.release} was refused`;
  const back = await rollbackTo(store, before, {
    ...by,
    deployed: { ...by.deployed, at: new Date().toISOString(), reason },
  });
  return back.current.release;
}

function refusedText(release: number, nodes: readonly NodeRollout[], backAt: number | null): string {
  const reasons = Map.groupBy(
    nodes.filter(({ status }) => status === "refused"),
    ({ reason }) => `${reason}`,
  );
  const lines = [...reasons].map(([reason, those]) => `  ${those.map(({ node }) => node).join(", ")}: ${reason}`);
  const after = backAt === null ? [] : [`What was live before is live again, as release ${backAt}.`];
  return [`Release ${release} was refused.`, ...lines, ...after].join("\n");
}

function liveText(release: number, nodes: readonly NodeRollout[]): string {
  if (nodes.length === 0) return `Release ${release} is written. No node has told the store of itself yet.`;
  const active = nodes.filter(({ status }) => status === "active");
  const silent = nodes.filter(({ status }) => status === "silent").map(({ node }) => node);
  const live = `Release ${release} is live on ${active.length} of ${nodes.length} nodes.`;
  return silent.length === 0
    ? live
    : `${live} No answer yet from ${silent.join(", ")}; a node that was away takes it before it serves.`;
}
