import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The commit that is checked out in a folder; null where it is in no git repository, or git is not there. */
export async function gitCommit(dir: string): Promise<string | null> {
  try {
    const { stdout } = await run("git", ["rev-parse", "--verify", "HEAD"], { cwd: dir });
    return stdout.trim();
  } catch {
    return null;
  }
}
