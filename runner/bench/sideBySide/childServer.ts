import { type ChildProcess, spawn } from "node:child_process";
import type { Address, Server } from "./candidate.ts";
import { type Asked, firstAnswer } from "./client.ts";
import { pinned } from "./cores.ts";

const ANSWERS_WITHIN_MS = 30_000;
const OUTPUT_CHARS_MAX = 4_000;

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cpus: readonly number[];
  readonly env?: Readonly<Record<string, string>>;
  readonly address: Address;
  /** What shows that it serves. */
  readonly asked: Asked;
}

/** Starts processes and waits until each answers. @throws Error with the output of one that does not. */
export async function childServers(commands: readonly Command[]): Promise<Server> {
  const children = commands.map((command) => ({ command, ...started(command) }));
  const stop = async () => void (await Promise.all(children.map(({ child }) => ended(child))));
  try {
    await Promise.all(
      children.map(async ({ command, child, output }) => {
        const exits = new Promise<never>((_, reject) => {
          child.once("exit", (code) => reject(new Error(`${command.program} ended with ${code}: ${output.text}`)));
          child.once("error", reject);
        });
        await Promise.race([firstAnswer(command.address, command.asked, ANSWERS_WITHIN_MS), exits]).catch((error) => {
          throw new Error(`${command.program} does not serve: ${output.text}`, { cause: error });
        });
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    addresses: commands.map(({ address }) => address),
    pids: children.map(({ child }) => child.pid as number),
    stop,
  };
}

function started({ program, args, cpus, env }: Command): { child: ChildProcess; output: { text: string } } {
  const [wrapper, ...wrapped] = cpus.length === 0 ? [] : pinned(cpus);
  const [command, ...rest] = wrapper === undefined ? [program, ...args] : [wrapper, ...wrapped, program, ...args];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  const output = { text: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output.text = `${output.text}${chunk}`.slice(-OUTPUT_CHARS_MAX);
    });
  }
  return { child, output };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 2_000);
  await gone;
  clearTimeout(late);
}
