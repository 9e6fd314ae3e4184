import { factsOf } from "@edge-fleet/runner/release/diff/facts";
import { previewHost } from "@edge-fleet/runner/release/previewAddress";
import type { Ack, ReleasedFunction } from "@edge-fleet/runner/release/types";
import { defineCommand, flag } from "../command.ts";
import { styled, table } from "../output.ts";
import { releasedFunction, requireLive } from "../release/live.ts";
import { ago } from "../release/times.ts";
import { type KnownVersion, knownVersions } from "../release/versions.ts";

/** `edge show` */
export const show = defineCommand({
  summary: "show what a function is: version, routes, limits, bindings and the rest, or its versions",
  description: "Values of variables and secrets are not shown.",
  args: { function: { summary: "a deployed function", arity: "required", completes: "functions" } },
  options: { versions: flag("list its versions, who deployed them and where they are reached") },
  examples: [
    { line: "show hello", meaning: "what hello is now" },
    { line: "show hello --versions", meaning: "what it was, to roll back to" },
  ],
  async run(context, { args, options }) {
    const { out, openStore, environment } = context;
    const store = await openStore();
    const live = await requireLive(store);
    const released = releasedFunction(context, live, args.function);
    if (!options.versions) {
      const ended = endedSplit(released, await context.nodes());
      out.show({ ...withoutValues(released), splitEnded: ended }, () => functionText(released, ended));
      return;
    }
    const { domain } = environment().config;
    const versions = await knownVersions(store, live, released);
    const shown = versions.map((version) => versionSummary(released.name, domain, version));
    out.show({ name: released.name, versions: shown }, () => versionsText(shown));
  },
});

/** Names of variables instead of their values: what is shown may be copied anywhere. */
function withoutValues({ manifest, split, previews, ...rest }: ReleasedFunction) {
  const version = ({ number, manifest }: { number: number; manifest: ReleasedFunction["manifest"] }) => ({
    number,
    version: manifest.version,
  });
  const { env, ...others } = manifest;
  return {
    ...rest,
    manifest: { ...others, env: Object.keys(env) },
    split: split && { ...version(split), percent: split.percent, guard: split.guard },
    previews: previews.map(version),
  };
}

/** Why nodes lead nobody to the candidate any more, while the split is still in the release: they may not change it. */
function endedSplit({ name, split, deployed }: ReleasedFunction, nodes: readonly Ack[]): readonly string[] {
  if (split === null) return [];
  return nodes.flatMap(({ node, splits }) => {
    const report = splits?.[name];
    const isOver = report !== undefined && report.at === deployed.at && report.condemned !== null;
    return isOver ? [`${node}: ${report.condemned}`] : [];
  });
}

function functionText(released: ReleasedFunction, ended: readonly string[]): string {
  const { at, by, reason, commit } = released.deployed;
  const facts = factsOf(released).map((fact) => [
    fact.what,
    "value" in fact ? fact.value : [...fact.items.keys()].join(", ") || "none",
  ]);
  const change = [`${ago(at)} by ${by}`, ...(reason === "" ? [] : [reason]), ...(commit === null ? [] : [commit])];
  const over = ended.map((reason) => [styled("red", "split ended"), reason]);
  return table([styled("bold", released.name), ""], [...facts, ["changed", change.join(", ")], ...over]);
}

function versionSummary(name: string, domain: string, { number, manifest, state, deployed, stableIn }: KnownVersion) {
  const preview = state === "former" ? null : previewHost({ function: name, number }, domain);
  return { number, version: manifest.version, state, preview, stableIn, ...deployed };
}

function versionsText(versions: readonly ReturnType<typeof versionSummary>[]): string {
  const rows = versions.map(({ number, version, state, preview, at, by, reason, commit }) => [
    `v${number}`,
    version,
    state === "stable" ? styled("green", state) : state,
    preview ?? "–",
    `${ago(at)} by ${by}`,
    [reason, commit?.slice(0, 12) ?? ""].filter((word) => word !== "").join(", "),
  ]);
  return table(["VERSION", "HASH", "STATE", "PREVIEW", "DEPLOYED", "WHY"], rows);
}
