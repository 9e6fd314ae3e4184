import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import { writeWhole } from "@edge-fleet/runner/release/files";
import { parseJson } from "@edge-fleet/runner/release/manifest";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";

/** Manifests of built functions, for who deploys them later by their versions. @param buildDir absolute */
export async function writeManifests(buildDir: string, manifests: readonly FunctionManifest[]): Promise<void> {
  await mkdir(join(buildDir, "manifests"), { recursive: true });
  for (const manifest of manifests) {
    const path = fileOf(buildDir, manifest);
    if (!existsSync(path)) await writeWhole(path, Buffer.from(canonicalJson(manifest)));
  }
}

/**
 * Manifests of these versions, by function.
 *
 * @throws Error when one was not built in this folder
 */
export function readManifests(buildDir: string, versions: Readonly<Record<string, string>>): FunctionManifest[] {
  return Object.entries(versions).map(([name, version]) => {
    const path = fileOf(buildDir, { name, version });
    if (!existsSync(path))
      throw new Error(`${path} is missing: run \`pulumi up\` again, which builds the function ${name}`);
    return parseJson(readFileSync(path), path) as FunctionManifest;
  });
}

function fileOf(buildDir: string, { name, version }: Pick<FunctionManifest, "name" | "version">): string {
  return join(buildDir, "manifests", `${name}-${version}.json`);
}
