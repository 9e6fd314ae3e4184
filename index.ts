import { showRoute } from "@edge-fleet/runner/routes/route";
import * as pulumi from "@pulumi/pulumi";
import { readFleetConfig } from "./components/config/read.ts";
import { EdgeFleet } from "./components/fleet.ts";
import { buildFunctions } from "./components/functions/build.ts";
import { discoverFunctions } from "./components/functions/discover.ts";
import { validateFunctions } from "./components/functions/validate.ts";

const PROJECT_DIR = import.meta.dirname;
const BUILD_DIR = ".edge/build";

const { config, functions } = await forPeople(async () => {
  const config = readFleetConfig(discoverFunctions(PROJECT_DIR));
  const functions = await buildFunctions(PROJECT_DIR, config.functions, BUILD_DIR);
  await validateFunctions(PROJECT_DIR, functions, BUILD_DIR);
  return { config, functions };
});
const fleet = new EdgeFleet("edge", { config, functions, buildDir: BUILD_DIR });

export const domain = config.domain;
export const regions = Object.fromEntries(fleet.regions.map((region) => [region.name, region.address]));
export const release = fleet.release;
export const routes = Object.fromEntries(functions.map(({ name, routes }) => [name, routes.map(showRoute)]));
export const local = config.local;

/** What a person got wrong, in the config or in a function, is told without a stack trace. */
async function forPeople<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof Error ? new pulumi.RunError(error.message) : error;
  }
}
