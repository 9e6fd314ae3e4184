import { readdirSync, readFileSync } from "node:fs";
import { readRunnerConfig } from "../config.ts";

/**
 * Whether the container is well, as its exit code: the router answers where there is one, a worker runs where there are
 * some. Processes tell which service it is; the config's path is the supervisor's own argument.
 */
const WITHIN_MS = 2_000;

const commands = readdirSync("/proc")
  .filter((name) => /^\d+$/.test(name))
  .map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    } catch {
      return [];
    }
  });
const runs = (script: string) =>
  commands.some((command) => command.some((argument) => argument.endsWith(`/${script}`)));

const supervisor = commands.find((command) => command.some((argument) => argument.endsWith("/main.mjs")));
const isWell = runs("router.mjs")
  ? await answers(supervisor?.find((argument) => argument.endsWith(".json")) ?? "")
  : runs("worker.mjs");
process.exit(isWell ? 0 : 1);

async function answers(configPath: string): Promise<boolean> {
  const { admin } = readRunnerConfig(configPath);
  const host = admin.host === "0.0.0.0" ? "127.0.0.1" : admin.host;
  try {
    const answer = await fetch(`http://${host}:${admin.port}/healthz`, { signal: AbortSignal.timeout(WITHIN_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}
