import fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive, processStart } from "../components/local/manager/processes.ts";

/** Marks what an engine run of ours starts: the checkout, and who runs it. */
const MARK = "EDGE_ENGINE_RUN";

/** Environment for an engine run: whoever has it and outlives the run can be told from other people's processes. */
export function engineMark(projectDir: string): Record<string, string> {
  return { [MARK]: [processStart(process.pid), process.pid, projectDir].join(":") };
}

/**
 * Ends what killed engine runs of this checkout left: Pulumi's language host does not notice that its engine is gone, and
 * the program it runs spins and grows without end. Linux only; elsewhere nothing is found.
 */
export async function endLeftEngines(projectDir: string): Promise<void> {
  if (!fs.existsSync("/proc/self/environ")) return;
  for (const entry of fs.readdirSync("/proc")) {
    const run = /^\d+$/.test(entry) ? runOf(Number(entry)) : null;
    if (run === null || run.projectDir !== projectDir || isAlive({ name: "run", ...run })) continue;
    await end(Number(entry));
  }
}

async function end(pid: number): Promise<void> {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return; // It has ended by itself.
  }
  while (processStart(pid) !== null) await delay(10);
}

function runOf(pid: number): { startedAt: string; pid: number; projectDir: string } | null {
  try {
    const variables = fs.readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    const mark = variables.find((variable) => variable.startsWith(`${MARK}=`))?.slice(MARK.length + 1);
    const [, startedAt, runner, projectDir] = /^(\d+):(\d+):(.*)$/.exec(mark ?? "") ?? [];
    if (startedAt === undefined || projectDir === undefined) return null;
    return { startedAt, pid: Number(runner), projectDir };
  } catch {
    // Another user's process, or one that has just ended.
    return null;
  }
}
