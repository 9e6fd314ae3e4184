import { showBytes } from "@edge-fleet/runner/release/diff/facts";
import { bundleBytes } from "@edge-fleet/runner/release/functionManifest";
import type { ReleasedFunction } from "@edge-fleet/runner/release/types";
import { showRoute } from "@edge-fleet/runner/routes/route";
import { defineCommand } from "../command.ts";
import { styled, table } from "../output.ts";
import { readLive } from "../release/live.ts";
import { ago } from "../release/times.ts";

/** `edge list` */
export const list = defineCommand({
  summary: "list the functions that are deployed",
  args: {},
  options: {},
  examples: [
    { line: "list", meaning: "the local fleet's functions" },
    { line: "list --json | jq -r '.functions[].name'", meaning: "their names alone" },
  ],
  async run({ openStore, out }) {
    const live = await readLive(await openStore());
    const functions = live?.release.functions ?? [];
    out.show({ release: live?.current.release ?? null, functions: functions.map(summary) }, () =>
      functions.length === 0 ? "No function is deployed." : listText(functions),
    );
  },
});

function summary({ name, number, manifest, status, split, owner, deployed }: ReleasedFunction) {
  const { version, routes, regions, modules } = manifest;
  return {
    ...{ name, number, version, status, owner, deployed, regions },
    split: split && { number: split.number, version: split.manifest.version, percent: split.percent },
    routes: routes.map(showRoute),
    bytes: bundleBytes(modules),
  };
}

function listText(functions: readonly ReleasedFunction[]): string {
  const rows = functions.map(({ name, number, manifest, status, split, deployed }) => [
    styled("bold", name),
    split === null ? `v${number}` : `v${number}, ${split.percent} % v${split.number}`,
    status === "active" ? status : styled("yellow", status),
    some(manifest.routes.map(showRoute)),
    manifest.regions.length === 0 ? "all" : manifest.regions.join(", "),
    showBytes(bundleBytes(manifest.modules)),
    `${ago(deployed.at)} by ${deployed.by}`,
  ]);
  return table(["FUNCTION", "VERSION", "STATUS", "ROUTES", "REGIONS", "SIZE", "CHANGED"], rows, { right: [5] });
}

function some([first = "–", ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
