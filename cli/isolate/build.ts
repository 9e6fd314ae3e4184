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
 * Builds functions, and those that they are bound to, as an isolate runner without a door serves them: with no policies, which HAProxy
 * judges, no schedules, which the agent keeps, and in every region.
 *
 * @returns manifests by name
 * @throws BundleError
 */
export async function buildForRunner(
  projectDir: string,
  config: FleetConfig,
  names: readonly string[],
): Promise<ReadonlyMap<string, FunctionManifest>> {
  const wanted = withBound(config.functions, names).map(
    (own): FunctionConfig => ({ ...own, policies: null, schedules: [], regions: [] }),
  );
  const built = await buildFunctions(projectDir, wanted, BUILD_DIR);
  return new Map(built.map((manifest) => [manifest.name, manifest]));
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

/** Functions and all that they reach by bindings, each once. */
function withBound(functions: readonly FunctionConfig[], names: readonly string[]): FunctionConfig[] {
  const found = new Map<string, FunctionConfig>();
  const add = (wanted: string) => {
    const config = functions.find(({ name }) => name === wanted);
    if (config === undefined || found.has(wanted)) return;
    found.set(wanted, config);
    for (const name of boundTo(config)) add(name);
  };
  for (const name of names) add(name);
  return [...found.values()];
}

/** Functions that a function asks by bindings. */
export function boundTo({ bindings }: Pick<FunctionConfig, "bindings">): string[] {
  return Object.values(bindings).flatMap(({ kind, name }) => (kind === "function" ? [name] : []));
}
