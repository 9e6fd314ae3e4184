import { showRoute } from "@edge-fleet/runner/routes/route";
import * as pulumi from "@pulumi/pulumi";
import { EdgeAccount } from "./components/aws/account/account.ts";
import { isAccountStack, readAccountConfig, readFleetConfig } from "./components/config/read.ts";
import { EdgeFleet } from "./components/fleet.ts";
import { buildFunctions } from "./components/functions/build.ts";
import { discoverFunctions } from "./components/functions/discover.ts";
import { validateFunctions } from "./components/functions/validate.ts";

const PROJECT_DIR = import.meta.dirname;
const BUILD_DIR = ".edge/build";

const built = isAccountStack() ? null : await forPeople(readFleet);
const fleet = built === null ? null : new EdgeFleet("edge", { ...built, buildDir: BUILD_DIR });
const account = built === null ? new EdgeAccount("account", await forPeople(readAccountConfig)) : null;

export const domain = built?.config.domain ?? null;
export const regions = fleet && Object.fromEntries(fleet.regions.map((region) => [region.name, region.address]));
export const release = fleet?.release ?? null;
export const routes =
  built && Object.fromEntries(built.functions.map(({ name, routes }) => [name, routes.map(showRoute)]));
export const local = built?.config.local ?? null;
export const cloud = fleet?.cloud ?? null;
export const workflowRoles = account?.roles ?? null;

async function readFleet() {
  const config = readFleetConfig(discoverFunctions(PROJECT_DIR));
  const functions = await buildFunctions(PROJECT_DIR, config.functions, BUILD_DIR);
  await validateFunctions(PROJECT_DIR, functions, BUILD_DIR);
  return { config, functions };
}

/** What a person got wrong, in the config or in a function, is told without a stack trace. */
async function forPeople<Result>(read: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof Error ? new pulumi.RunError(error.message) : error;
  }
}
