import { readdirSync, readFileSync } from "node:fs";
import { readAgentConfig } from "../agent/config.ts";
import { readRunnerConfig } from "../config.ts";

/**
 * Whether the container is well, as its exit code: the router or the agent answers where there is one, a worker runs where
 * there are some. Processes tell which service it is; the config's path is an argument of its first one.
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

const configOf = (script: string) =>
  commands
    .find((command) => command.some((argument) => argument.endsWith(`/${script}`)))
    ?.find((argument) => argument.endsWith(".json")) ?? "";

process.exit((await isWell()) ? 0 : 1);

async function isWell(): Promise<boolean> {
  if (runs("agent.mjs")) return answers(readAgentConfig(configOf("agent.mjs")).admin);
  if (runs("router.mjs")) return answers(readRunnerConfig(configOf("main.mjs")).admin);
  return runs("worker.mjs");
}

async function answers(admin: { readonly host: string; readonly port: number }): Promise<boolean> {
  const host = admin.host === "0.0.0.0" ? "127.0.0.1" : admin.host;
  try {
    const answer = await fetch(`http://${host}:${admin.port}/healthz`, { signal: AbortSignal.timeout(WITHIN_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}
