import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { stateDir, statePaths } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { endLeftEngines, engineMark } from "./leftEngines.ts";
import { removeStaleLocks } from "./locks.ts";

/** The stack that `npm start` brings up. */
export const LOCAL_STACK = "local";

/**
 * The local stack holds no secret, so its passphrase is no secret either: it makes the salt in the stack's file fit.
 * Stacks with secrets set PULUMI_CONFIG_PASSPHRASE or a secrets provider of their own.
 */
const LOCAL_PASSPHRASE = "edge-fleet";

function toolsDir(): string {
  return path.resolve(PACKAGE_DIR, process.env.EDGE_TOOLS_DIR || ".edge/tools");
}

/**
 * Environment of the Pulumi engine. The local stack has its backend, its home and its temporary files inside the checkout's
 * ignored folders, whatever the user has set for other stacks; for those only the programs are given.
 */
function engineEnv(stack: string, temporary: string): NodeJS.ProcessEnv {
  const { env } = process;
  const tools = toolsDir();
  const local = {
    PULUMI_BACKEND_URL: `file://${statePaths(stateDir(PACKAGE_DIR, env)).pulumi}`,
    PULUMI_CONFIG_PASSPHRASE: LOCAL_PASSPHRASE,
    PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
    PULUMI_HOME: `${tools}/pulumi-home`,
    // The cloud's plugins belong to packages that are installed, and the local stack needs none of them.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    TMPDIR: temporary,
  };
  return {
    ...env,
    ...(stack === LOCAL_STACK ? local : {}),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    // A fifth of a preview is compiling the same files again.
    NODE_COMPILE_CACHE: `${tools}/compile-cache`,
    PATH: [`${tools}/bin`, `${PACKAGE_DIR}/node_modules/.bin`, env.PATH].join(path.delimiter),
    // Experimental parts of Node that the SDK touches would print a warning at every run.
    NODE_OPTIONS: [env.NODE_OPTIONS, "--disable-warning=ExperimentalWarning"].filter(Boolean).join(" "),
  };
}

/** Runs Pulumi in the project for a person; resolves with its exit code. */
export async function runPulumi(args: readonly string[], stack = LOCAL_STACK): Promise<number> {
  // A terminal is Pulumi's own, for its live display and its questions. Anything else is written by us: were Pulumi to
  // meet a closed pipe (`| head`) it would die at once and leave its children behind.
  if (process.stdout.isTTY) return pulumi(args, stack, null);
  process.stdout.on("error", () => {});
  return pulumi(args, stack, (text, stream) => stream.write(text));
}

/** Runs Pulumi quietly; resolves with what it printed, rejects with what it said when it fails. */
export async function askPulumi(args: readonly string[]): Promise<string> {
  let output = "";
  let complaint = "";
  const code = await pulumi(args, LOCAL_STACK, (text, stream) => {
    if (stream === process.stdout) output += text;
    else complaint += text;
  });
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${output}${complaint}`);
  return output;
}

/** What to do with what Pulumi prints; null leaves the terminal to it. */
type Printed = ((text: string, stream: NodeJS.WriteStream) => void) | null;

async function pulumi(args: readonly string[], stack: string, printed: Printed): Promise<number> {
  await endLeftEngines(PACKAGE_DIR);
  removeStaleLocks();
  fs.mkdirSync(statePaths(stateDir(PACKAGE_DIR)).pulumi, { recursive: true });
  fs.mkdirSync(toolsDir(), { recursive: true });
  const temporary = fs.mkdtempSync(`${toolsDir()}/run-`);
  const output = printed === null ? "inherit" : "pipe";
  const child = spawn("pulumi", args, {
    cwd: PACKAGE_DIR,
    env: { ...engineEnv(stack, temporary), ...engineMark(PACKAGE_DIR) },
    stdio: ["inherit", output, output],
  });
  child.stdout?.setEncoding("utf8").on("data", (text) => printed?.(text, process.stdout));
  child.stderr?.setEncoding("utf8").on("data", (text) => printed?.(text, process.stderr));
  // Ctrl-C reaches Pulumi as well, which ends what it began; other signals are passed on to the same end.
  const pass = (signal: NodeJS.Signals) => {
    if (signal !== "SIGINT") child.kill("SIGINT");
  };
  for (const signal of ENDING_SIGNALS) process.on(signal, pass);
  try {
    return await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? 1));
    });
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
    for (const signal of ENDING_SIGNALS) process.off(signal, pass);
  }
}

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
