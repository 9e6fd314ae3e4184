import { execFile } from "node:child_process";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import type { Deployed } from "@edge-fleet/runner/release/types";

const run = promisify(execFile);

/** Who deploys, when, why and from which commit, as a release keeps it. */
export async function deployer(projectDir: string, reason: string): Promise<Deployed> {
  return { by: userInfo().username, at: new Date().toISOString(), reason, commit: await commitOf(projectDir) };
}

/** Null where the project is in no git repository, or git is not there. */
async function commitOf(projectDir: string): Promise<string | null> {
  try {
    const { stdout } = await run("git", ["rev-parse", "--verify", "HEAD"], { cwd: projectDir });
    return stdout.trim();
  } catch {
    return null;
  }
}
