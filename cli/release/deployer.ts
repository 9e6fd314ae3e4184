import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Deployer } from "@edge-fleet/runner/release/changeRelease";
import type { Deployed } from "@edge-fleet/runner/release/types";
import { readCloudKey, requireCloudKey } from "../../components/aws/store/cloudKey.ts";
import type { Signing } from "../../components/functionStore/releasePlace.ts";
import { gitCommit } from "../../components/gitCommit.ts";
import { readReleaseKey } from "../../components/local/releaseKey.ts";
import type { Context } from "../context.ts";
import type { Environment } from "../environment.ts";
import { CommandError } from "../errors.ts";

/** This user, now, from this checkout's commit. */
export async function deployedNow({ projectDir }: Context, reason: string): Promise<Deployed> {
  return { by: userInfo().username, at: new Date().toISOString(), reason, commit: await gitCommit(projectDir) };
}

/** Who changes what the fleet serves, and with what they sign. @throws CommandError where a cloud fleet's key cannot be read */
export async function deployer(
  context: Context,
  { reason, modulesDir }: { readonly reason: string; readonly modulesDir?: string | undefined },
): Promise<Deployer> {
  return {
    deployed: await deployedNow(context, reason),
    ...(await signingOf(context.environment())),
    ...(modulesDir !== undefined && { modules: (sha256) => moduleIn(modulesDir, sha256) }),
  };
}

/** @throws CommandError where the fleet has no key, or it cannot be read */
async function signingOf({ config: { aws }, paths }: Environment): Promise<Signing | null> {
  if (aws === null) return readReleaseKey(paths.root);
  try {
    const { releaseKey } = aws;
    return await readCloudKey(requireCloudKey(releaseKey === null ? null : { ...releaseKey, region: aws.home }));
  } catch (error) {
    throw new CommandError((error as Error).message, { cause: error });
  }
}

function moduleIn(dir: string, sha256: string): Buffer | null {
  try {
    return readFileSync(join(dir, sha256));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
