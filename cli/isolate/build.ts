import { join } from "node:path";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import type { FleetConfig, FunctionConfig } from "../../components/config/fleetConfig.ts";
import { buildFunctions } from "../../components/functions/build.ts";
import type { Environment } from "../environment.ts";
import { LocalRunner, type LogLine } from "./localRunner.ts";

/** As in the program: what is built there is not built again. */
const BUILD_DIR = ".edge/build";

/** Folder of built modules, each named by its SHA-256. */
export function modulesDir(projectDir: string): string {
  return join(projectDir, BUILD_DIR, "modules");
}

/**
 * Builds a function, and those that it is bound to, as an isolate runner without a door serves them: with no policies, which HAProxy
 * judges, no schedules, which the agent keeps, and in every region.
 *
 * @returns the function itself first
 * @throws BundleError
 */
export async function buildForRunner(
  projectDir: string,
  config: FleetConfig,
  name: string,
): Promise<readonly [FunctionManifest, ...FunctionManifest[]]> {
  const wanted = withBound(config.functions, name).map(
    (own): FunctionConfig => ({ ...own, policies: null, schedules: [], regions: [] }),
  );
  const built = await buildFunctions(projectDir, wanted, BUILD_DIR);
  const isWanted = (manifest: FunctionManifest) => manifest.name === name;
  return [built.find(isWanted) as FunctionManifest, ...built.filter((manifest) => !isWanted(manifest))];
}

/** The runner of a node of this stack, with its stores. */
export function startRunner(
  { projectDir, config, paths }: Environment,
  {
    region,
    onLine,
    keep,
  }: { readonly region: string; readonly onLine: (line: LogLine) => void; readonly keep?: string },
): Promise<LocalRunner> {
  const { postgres, redis, origins } = config;
  const allowed = [...origins, ...config.functions.flatMap(({ container }) => container ?? [])];
  return LocalRunner.start({
    region,
    onLine,
    secretsDir: paths.secrets,
    cacheDir: join(projectDir, BUILD_DIR, "runner"),
    ...(keep !== undefined && { stateDir: join(projectDir, keep) }),
    stores: { postgres, redis, origins: allowed.map(({ host, port }) => ({ host, port })) },
  });
}

/** A function and all that it reaches by bindings, each once. */
function withBound(functions: readonly FunctionConfig[], name: string): FunctionConfig[] {
  const found = new Map<string, FunctionConfig>();
  const add = (wanted: string) => {
    const config = functions.find((one) => one.name === wanted);
    if (config === undefined || found.has(wanted)) return;
    found.set(wanted, config);
    for (const binding of Object.values(config.bindings)) if (binding.kind === "function") add(binding.name);
  };
  add(name);
  return [...found.values()];
}
