import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import { bundles } from "@edge-fleet/runner/supervisor/bundles";
import { tryFunctions } from "@edge-fleet/runner/validation/tryFunctions";
import { functionFile } from "./discover.ts";
import { BundleError, type BundleProblem } from "./problems.ts";

/** Verdicts that are kept; each is an empty file. */
const KEPT_MAX = 5_000;
const PLACE_AT_END = / ?\[([^[\]]+:\d+:\d+)\]$/;

/** What to do, by what a start says. */
const REMEDIES: readonly (readonly [RegExp, (name: string) => string])[] = [
  [
    /^its top level used more than startMs|^its top level did not end/,
    (name) =>
      `Do that work in the handler, once and when it is first needed, or raise edge-fleet:functions.${name}.limits.startMs.`,
  ],
  [
    /^its top level used more than heapMb/,
    (name) => `Load less at once, or raise edge-fleet:functions.${name}.limits.heapMb.`,
  ],
  [
    /took its process down/,
    () => "Its top level does what no limit can stop; find it by leaving out halves of the file.",
  ],
  [/is not defined/, () => "Functions have Web-standard APIs: docs/web-platform.md says which."],
];

/**
 * Starts each built function as a node would before it serves it, in a sandboxed isolate, and refuses those that cannot. A version that
 * started is not tried again until the runner itself changes.
 *
 * @param outDir as given to `buildFunctions`.
 * @throws BundleError with the problems of all functions, by file and line.
 */
export async function validateFunctions(
  projectDir: string,
  manifests: readonly FunctionManifest[],
  outDir: string,
): Promise<void> {
  const output = resolve(projectDir, outDir);
  const verdicts = join(output, "started");
  const cacheDir = join(output, "runner");
  const { platform } = await bundles(cacheDir);
  const runner = basename(platform, ".mjs");
  const verdictOf = ({ name, version }: FunctionManifest) => join(verdicts, `${runner}-${name}-${version}`);
  const untried = manifests.filter((manifest) => !existsSync(verdictOf(manifest)));
  if (untried.length === 0) return;
  const faults = await tryFunctions(untried, { modulesDir: join(output, "modules"), cacheDir });
  await mkdir(verdicts, { recursive: true });
  await removeOldest(verdicts);
  for (const manifest of untried) if (!faults.has(manifest)) await writeFile(verdictOf(manifest), "");
  if (faults.size === 0) return;
  throw new BundleError([...faults].map(([{ name }, reason]) => problemOf(name, reason)));
}

function problemOf(name: string, reason: string): BundleProblem {
  const at = PLACE_AT_END.exec(reason)?.[1] ?? functionFile(name);
  const what = reason.replace(PLACE_AT_END, "");
  const remedy = REMEDIES.find(([pattern]) => pattern.test(what))?.[1](name) ?? "";
  return { at, problem: `it cannot start: ${what}`, remedy };
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length < KEPT_MAX) return;
  const aged = await Promise.all(names.map(async (name) => ({ name, ms: (await stat(join(folder, name))).mtimeMs })));
  const oldest = aged.toSorted((a, b) => a.ms - b.ms).slice(0, names.length - KEPT_MAX / 2);
  for (const { name } of oldest) await rm(join(folder, name), { force: true });
}
