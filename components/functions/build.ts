import { mkdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ASSETS, type Bindings } from "@edge-fleet/runner/bindings/kinds";
import { writeWhole } from "@edge-fleet/runner/release/files";
import { bundleBytes } from "@edge-fleet/runner/release/functionManifest";
import { functionVersion, sha256Hex } from "@edge-fleet/runner/release/manifest";
import type { ContentRef, FunctionManifest, ModuleRef } from "@edge-fleet/runner/release/types";
import type { ContainerConfig, FunctionConfig } from "../config/fleetConfig.ts";
import { type Assets, assetsOf } from "./assets.ts";
import { bundleFunction, ENTRY } from "./bundle.ts";
import { BundleCache } from "./bundleCache.ts";
import { containerModule } from "./containerModule.ts";
import { discoverFunctions, functionFile } from "./discover.ts";
import { writeManifests } from "./manifestFiles.ts";
import { BundleError, type BundleProblem } from "./problems.ts";

/**
 * Bundles the functions side by side and writes their modules to `<outDir>/modules/<sha256>`, their manifests beside them. What did not change
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
    .filter(({ name, container }) => container === null && !found.includes(name))
    .map(({ name }): BundleProblem => {
      const problem = "the stack config has this function, the project has not";
      return { at: functionFile(name), problem, remedy: `Write the file, or remove edge-fleet:functions.${name}.` };
    });
  const output = resolve(projectDir, outDir);
  const cache = new BundleCache(projectDir, join(output, "cache"));
  const modulesDir = join(output, "modules");
  await mkdir(modulesDir, { recursive: true });

  const known = configs
    .filter(({ name, container }) => container !== null || found.includes(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const results = await Promise.allSettled(
    known.map(async (config) => {
      if (config.container !== null) return containerManifest(config, config.container, modulesDir);
      const assets = assetsOf(projectDir, config.name, config.limits);
      for (const { sha256, bytes } of assets.refs) await copyWhole(assets, { sha256, bytes, modulesDir });
      return manifestOf(config, await modulesOf(config, { projectDir, modulesDir, cache }), assets.refs);
    }),
  );
  const manifests: FunctionManifest[] = [];
  for (const result of results) {
    if (result.status === "fulfilled") manifests.push(result.value);
    else if (result.reason instanceof BundleError) problems.push(...result.reason.problems);
    else throw result.reason;
  }
  if (problems.length > 0) throw new BundleError(problems);
  await writeManifests(output, manifests);
  return manifests;
}

/** A function that hands on to its container, and reaches nothing else. */
async function containerManifest(
  config: FunctionConfig,
  { host, port }: ContainerConfig,
  modulesDir: string,
): Promise<FunctionManifest> {
  const bytes = Buffer.from(containerModule({ name: config.name, host, port }));
  const ref: ModuleRef = { name: ENTRY, type: "esm", sha256: sha256Hex(bytes), bytes: bytes.length };
  await writeWhole(join(modulesDir, ref.sha256), bytes);
  return manifestOf({ ...config, env: {}, egress: { allow: [`${host}:${port}`] } }, [ref], []);
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

async function copyWhole(
  { files }: Assets,
  { sha256, bytes, modulesDir }: { readonly sha256: string; readonly bytes: number; readonly modulesDir: string },
): Promise<void> {
  const path = join(modulesDir, sha256);
  const stats = await stat(path).catch(() => null);
  if (stats?.size !== bytes) await writeWhole(path, await readFile(files.get(sha256) as string));
}

/** Its assets are a binding of their own. @throws BundleError where something else has the name */
function withAssets({ name, env, secrets, bindings }: FunctionConfig): Bindings {
  const taken = Object.entries({ env, secrets, bindings }).find(([, names]) => Object.hasOwn(names, ASSETS));
  if (taken === undefined) return { ...bindings, [ASSETS]: { kind: "assets", name } };
  const problem = `are env.${ASSETS}, which edge-fleet:functions.${name}.${taken[0]}.${ASSETS} is already`;
  throw new BundleError([{ at: `functions/${name}.assets`, problem, remedy: "Give that another name." }]);
}

function manifestOf(
  config: FunctionConfig,
  modules: readonly ModuleRef[],
  assets: readonly ContentRef[],
): FunctionManifest {
  const content = {
    name: config.name,
    entry: ENTRY,
    modules,
    assets,
    routes: config.routes,
    limits: config.limits,
    env: config.env,
    secrets: config.secrets,
    bindings: assets.length === 0 ? config.bindings : withAssets(config),
    egress: config.egress,
    isolation: config.isolation,
    schedules: config.schedules,
    passThrough: config.passThrough,
    regions: config.regions.toSorted(),
    ...(config.policies && { policies: config.policies }),
    // Nodes that know nothing of it refuse a release that has it.
    ...(config.cache.onDeploy !== "keep" && { cache: config.cache }),
  };
  return { ...content, version: functionVersion(content) };
}
