import { join } from "node:path";
import { showBytes } from "@edge-fleet/runner/release/diff/facts";
import { ReleaseError } from "@edge-fleet/runner/release/errors";
import { bundleBytes } from "@edge-fleet/runner/release/functionManifest";
import { deployPreview, deploySplit, deployStable, type TableChange } from "@edge-fleet/runner/release/tableChanges";
import type { Deployed, FunctionManifest, SplitGuard } from "@edge-fleet/runner/release/types";
import { secretPrefix, unreadableSecrets } from "../../components/aws/access/secretNames.ts";
import { validateFunctions } from "../../components/functions/validate.ts";
import { missingSecrets } from "../../components/local/secretProblem.ts";
import { defineCommand, flag, value } from "../command.ts";
import { CommandError, UsageError } from "../errors.ts";
import { table } from "../output.ts";
import { list, percent } from "../parsers.ts";
import { CHANGE_OPTIONS, changeLive } from "../release/apply.ts";
import { BUILD_DIR, buildWanted } from "../release/build.ts";

/** A candidate goes when it fails two more of a hundred requests than the stable version, or its p99 is half as long again. */
const GUARD: SplitGuard = { errorRate: 0.02, p99: 1.5, minRequests: 100 };

/** `edge deploy` */
export const deploy = defineCommand({
  summary: "bundle functions, start them in an isolate, and make them live",
  description:
    "Functions that are not named and not of this project stay as they are. When a node refuses the release, the fleet goes back to what it had and the exit code is 1. A candidate of --split is withdrawn by the nodes themselves when it does worse than the stable version.",
  args: {
    paths: { summary: "functions by name or file; default all of the project", arity: "rest", completes: "functions" },
  },
  options: {
    regions: value("<names>", "regions that serve them, with commas between; default as the stack config says", list),
    split: value("<percent>", "give it to this share of visitors, the stable version to the others", percent),
    preview: flag("make it reachable by its preview address alone"),
    ...CHANGE_OPTIONS,
  },
  isDestructive: true,
  examples: [
    { line: "deploy", meaning: "all functions of the project" },
    { line: "deploy hello --split 10%", meaning: "try it on a tenth of the visitors" },
    { line: "deploy functions/hello.ts --preview", meaning: "look at it first" },
    { line: "deploy --yes --wait --reason 'ticket 42'", meaning: "in CI" },
  ],
  async run(context, { args, options }) {
    const { projectDir, out } = context;
    if (options.preview && options.split !== undefined) throw new UsageError("give --preview or --split, not both");
    const manifests = await buildWanted(context, { paths: args.paths, regions: options.regions });
    await validateFunctions(projectDir, manifests, BUILD_DIR);
    const { config, paths } = context.environment();
    const missing =
      config.aws === null
        ? await missingSecrets(paths.root, manifests)
        : unreadableSecrets(manifests, secretPrefix(config.name));
    if (missing.length > 0) throw new CommandError(missing.join("\n"));
    out.note(`${sizesText(manifests)}\n`);
    const isNamed = args.paths.length === 1;
    const one = (manifest: FunctionManifest, deployed: Deployed): TableChange => {
      if (options.preview) return deployPreview(manifest, deployed);
      if (options.split === undefined) return besideNoSplit(manifest, deployed);
      const split = deploySplit(manifest, { percent: options.split, guard: GUARD, deployed });
      return isNamed ? split : unlessStable(manifest, split);
    };
    return changeLive(context, {
      change: (deployed) => (functions) =>
        manifests.reduce((changed, manifest) => one(manifest, deployed)(changed), functions),
      options,
      reason: "edge deploy",
      question: `Deploy this to the fleet of stack ${context.stack}?`,
      modulesDir: join(projectDir, BUILD_DIR, "modules"),
    });
  },
});

/** A deploy to all visitors while some get a candidate would leave nobody knowing what is compared with what. */
function besideNoSplit(manifest: FunctionManifest, deployed: Deployed): TableChange {
  const change = deployStable(manifest, { owner: "command", deployed });
  return (functions) => {
    const found = functions.find(({ name }) => name === manifest.name);
    const after = change(functions);
    const split = after.find(({ name }) => name === manifest.name)?.split ?? null;
    if (split === null || found?.manifest.version === manifest.version) return after;
    const what = `${split.percent} % of its visitors get v${split.number}: promote it or roll it back first, or give --split to replace it`;
    throw new ReleaseError("ERR_RELEASE_CHANGE", manifest.name, what);
  };
}

/** Of many functions those that did not change have nothing to split. */
function unlessStable({ name, version }: FunctionManifest, split: TableChange): TableChange {
  return (functions) =>
    functions.some((released) => released.name === name && released.manifest.version === version)
      ? functions
      : split(functions);
}

function sizesText(manifests: readonly FunctionManifest[]): string {
  const rows = manifests.map(({ name, modules, limits }) => [
    name,
    showBytes(bundleBytes(modules)),
    `${limits.heapMb} MB`,
    `${limits.cpuMs} ms`,
    `${limits.wallMs} ms`,
  ]);
  return table(["FUNCTION", "SIZE", "HEAP", "CPU", "WALL"], rows, { right: [1, 2, 3, 4] });
}
