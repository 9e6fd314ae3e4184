import { mkdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeWhole } from "@edge-fleet/runner/release/files";
import { bundleBytes } from "@edge-fleet/runner/release/functionManifest";
import { functionVersion } from "@edge-fleet/runner/release/manifest";
import type { FunctionManifest, ModuleRef } from "@edge-fleet/runner/release/types";
import type { FunctionConfig } from "../config/fleetConfig.ts";
import { bundleFunction, ENTRY } from "./bundle.ts";
import { BundleCache } from "./bundleCache.ts";
import { discoverFunctions, functionFile } from "./discover.ts";
import { BundleError, type BundleProblem } from "./problems.ts";

/**
 * Bundles the functions side by side and writes their modules to `<outDir>/modules/<sha256>`. What did not change
 * since the last build is not bundled again.
 *
 * @param outDir relative to the project; may be deleted at any time.
 * @returns manifests sorted by name.
 * @throws BundleError with the problems of all functions.
 */
export async function buildFunctions(
  projectDir: string,
  configs: readonly FunctionConfig[],
  outDir: string,
): Promise<FunctionManifest[]> {
  const found = discoverFunctions(projectDir);
  const problems = configs
    .filter(({ name }) => !found.includes(name))
    .map(({ name }): BundleProblem => {
      const problem = "the stack config has this function, the project has not";
      return { at: functionFile(name), problem, remedy: `Write the file, or remove edge-fleet:functions.${name}.` };
    });
  const output = resolve(projectDir, outDir);
  const cache = new BundleCache(projectDir, join(output, "cache"));
  const modulesDir = join(output, "modules");
  await mkdir(modulesDir, { recursive: true });

  const known = configs.filter(({ name }) => found.includes(name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const results = await Promise.allSettled(
    known.map(async (config) => manifestOf(config, await modulesOf(config, { projectDir, modulesDir, cache }))),
  );
  const manifests: FunctionManifest[] = [];
  for (const result of results) {
    if (result.status === "fulfilled") manifests.push(result.value);
    else if (result.reason instanceof BundleError) problems.push(...result.reason.problems);
    else throw result.reason;
  }
  if (problems.length > 0) throw new BundleError(problems);
  return manifests;
}

interface Places {
  readonly projectDir: string;
  readonly modulesDir: string;
  readonly cache: BundleCache;
}

async function modulesOf(
  { name, limits }: FunctionConfig,
  { projectDir, modulesDir, cache }: Places,
): Promise<readonly ModuleRef[]> {
  const cached = cache.get(name);
  // Whether WebAssembly fits is looked at again: the heap may have become less.
  const isPlain = cached?.every(({ type }) => type !== "wasm") && bundleBytes(cached) <= limits.bundleBytes;
  if (cached !== null && isPlain && (await areWritten(modulesDir, cached))) return cached;
  const { modules, bytes, inputs } = await bundleFunction(projectDir, name, limits);
  for (const ref of modules) {
    const content = bytes.get(ref.sha256);
    if (content !== undefined) await writeWhole(join(modulesDir, ref.sha256), content);
  }
  cache.put(name, modules, inputs);
  return modules;
}

async function areWritten(modulesDir: string, refs: readonly ModuleRef[]): Promise<boolean> {
  for (const { sha256, bytes } of refs) {
    const stats = await stat(join(modulesDir, sha256)).catch(() => null);
    if (stats?.size !== bytes) return false;
  }
  return true;
}

function manifestOf(config: FunctionConfig, modules: readonly ModuleRef[]): FunctionManifest {
  const content = {
    name: config.name,
    entry: ENTRY,
    modules,
    routes: config.routes,
    limits: config.limits,
    env: config.env,
    secrets: config.secrets,
    bindings: config.bindings,
    egress: config.egress,
    isolation: config.isolation,
    schedules: config.schedules,
    passThrough: config.passThrough,
    regions: config.regions.toSorted(),
  };
  return { ...content, version: functionVersion(content) };
}
