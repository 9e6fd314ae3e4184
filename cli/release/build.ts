import { join, resolve, sep } from "node:path";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import type { FunctionConfig } from "../../components/config/fleetConfig.ts";
import { buildFunctions } from "../../components/functions/build.ts";
import { FUNCTIONS_DIR } from "../../components/functions/discover.ts";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";

/** Where built functions lie, relative to the project: the program's own folder, so that neither builds what the other has. */
export const BUILD_DIR = ".edge/build";

export interface Wanted {
  /** Functions by name or by file; none means all of the project. */
  readonly paths: readonly string[];
  /** Regions that shall serve them; undefined means those of the stack config. */
  readonly regions?: readonly string[] | undefined;
}

/** Bundles functions of the project. @throws UsageError for one that is not there, BundleError with every problem */
export async function buildWanted(context: Context, { paths, regions }: Wanted): Promise<FunctionManifest[]> {
  const { projectDir, oneOf } = context;
  const { config } = context.environment();
  const names = config.functions.map(({ name }) => name);
  const wanted = paths.length === 0 ? names : paths.map((path) => oneOf("function", nameOf(projectDir, path), names));
  if (wanted.length === 0) throw new CommandError(`${join(projectDir, FUNCTIONS_DIR)} has no function to deploy`);
  const known = config.regions.map(({ name }) => name);
  const served = regions?.map((region) => oneOf("region", region, known));
  const configs = config.functions
    .filter(({ name }) => wanted.includes(name))
    .map((function_): FunctionConfig => (served === undefined ? function_ : { ...function_, regions: served }));
  return buildFunctions(projectDir, configs, BUILD_DIR);
}

/** The function that a word of the command line means: `hello`, `functions/hello.ts`, or that file by another path. */
function nameOf(projectDir: string, path: string): string {
  const folder = join(projectDir, FUNCTIONS_DIR) + sep;
  for (const file of [resolve(path), resolve(projectDir, path)]) {
    if (file.startsWith(folder) && file.endsWith(".ts")) return file.slice(folder.length, -".ts".length);
  }
  return path;
}
