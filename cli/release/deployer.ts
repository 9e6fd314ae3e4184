import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Deployer } from "@edge-fleet/runner/release/changeRelease";
import { gitCommit } from "../../components/gitCommit.ts";
import { readReleaseKey } from "../../components/local/releaseKey.ts";
import type { Context } from "../context.ts";

/** Who changes what the fleet serves: this user, now, from this checkout's commit. */
export async function deployer(
  { projectDir, environment }: Context,
  { reason, modulesDir }: { readonly reason: string; readonly modulesDir?: string | undefined },
): Promise<Deployer> {
  const commit = await gitCommit(projectDir);
  const deployed = { by: userInfo().username, at: new Date().toISOString(), reason, commit };
  const { config, paths } = environment();
  // The local fleet's own key means nothing to nodes elsewhere.
  const signing = config.local === null ? null : readReleaseKey(paths.root);
  return {
    deployed,
    ...signing,
    ...(modulesDir !== undefined && { modules: (sha256) => moduleIn(modulesDir, sha256) }),
  };
}

function moduleIn(dir: string, sha256: string): Buffer | null {
  try {
    return readFileSync(join(dir, sha256));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
