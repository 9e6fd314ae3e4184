import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { functionSource, runnableModules } from "../release/functionSource.ts";
import { verifyModule } from "../release/manifest.ts";
import { mapPlaces, parseSourceMap } from "../release/sourceMap.ts";
import type { FunctionManifest, ModuleRef } from "../release/types.ts";
import { tryVersions } from "../router/tryVersions.ts";
import { TrialWorker } from "./trialWorker.ts";

interface Places {
  /** Folder of the modules, each named by its SHA-256. */
  readonly modulesDir: string;
  /** Folder of what is made once per state of the runner's sources. */
  readonly cacheDir: string;
}

/**
 * Starts versions as a node would before it serves them, all in one sandboxed worker: top levels run, under their limits. Secrets have
 * no values here; top levels see none.
 *
 * @returns by version that cannot start: why, its places told by the sources.
 * @throws Error when this machine can start no worker, or a module is missing
 */
export async function tryFunctions(
  manifests: readonly FunctionManifest[],
  { modulesDir, cacheDir }: Places,
): Promise<ReadonlyMap<FunctionManifest, string>> {
  const faults = new Map<FunctionManifest, string>();
  if (manifests.length === 0) return faults;
  const read = (ref: ModuleRef) => readVerified(modulesDir, ref);
  await using worker = await TrialWorker.start(cacheDir);
  const outcomes = await tryVersions(manifests, async (manifest) => {
    const noSecrets = Object.fromEntries(Object.keys(manifest.secrets).map((name) => [name, ""]));
    const bodies = await Promise.all(runnableModules(manifest).map(read));
    return worker.try(functionSource(manifest, { ...manifest.env, ...noSecrets }), Buffer.concat(bodies));
  });
  for (const [manifest, { ok, reason = "it cannot start" }] of outcomes ?? []) {
    if (!ok) faults.set(manifest, await inSources(reason, manifest, read));
  }
  return faults;
}

async function inSources(
  reason: string,
  { modules }: FunctionManifest,
  read: (ref: ModuleRef) => Promise<Buffer>,
): Promise<string> {
  const maps = await Promise.all(
    modules
      .filter(({ type }) => type === "map")
      .map(async (ref) => [ref.name.replace(/\.map$/, ""), parseSourceMap((await read(ref)).toString())] as const),
  );
  return mapPlaces(reason, (module) => new Map(maps).get(module));
}

async function readVerified(modulesDir: string, ref: ModuleRef): Promise<Buffer> {
  const bytes = await readFile(join(modulesDir, ref.sha256));
  verifyModule(ref, bytes);
  return bytes;
}
