import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { stateDir, statePaths } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";

/** The stack that `npm start` brings up. */
export const LOCAL_STACK = "local";

/**
 * The local stack holds no secret, so its passphrase is no secret either: it makes the salt in the stack's file fit.
 * Stacks with secrets set PULUMI_CONFIG_PASSPHRASE or a secrets provider of their own.
 */
const LOCAL_PASSPHRASE = "edge-fleet";

/** Environment of the Pulumi engine: its programs, and a backend and home inside the checkout's ignored folders. */
export function engineEnv(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const tools = path.resolve(PACKAGE_DIR, env.EDGE_TOOLS_DIR || ".edge/tools");
  const backend = statePaths(stateDir(PACKAGE_DIR, env)).pulumi;
  return {
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: LOCAL_PASSPHRASE,
    PULUMI_HOME: `${tools}/pulumi-home`,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...env,
    PATH: [`${tools}/bin`, `${PACKAGE_DIR}/node_modules/.bin`, env.PATH].join(path.delimiter),
    // Experimental parts of Node that the SDK touches would print a warning at every run.
    NODE_OPTIONS: [env.NODE_OPTIONS, "--disable-warning=ExperimentalWarning"].filter(Boolean).join(" "),
  };
}

/** Runs Pulumi in the project with this terminal; resolves with its exit code. */
export function runPulumi(args: readonly string[]): Promise<number> {
  return pulumi(args, "inherit").then(({ code }) => code);
}

/** Runs Pulumi quietly; rejects with what it said when it fails. */
export async function askPulumi(args: readonly string[]): Promise<string> {
  const { code, output } = await pulumi(args, "pipe");
  if (code !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${output}`);
  return output;
}

function pulumi(args: readonly string[], stdio: "inherit" | "pipe"): Promise<{ code: number; output: string }> {
  const env = engineEnv();
  fs.mkdirSync(statePaths(stateDir(PACKAGE_DIR)).pulumi, { recursive: true });
  return new Promise((resolve, reject) => {
    const child = spawn("pulumi", args, { cwd: PACKAGE_DIR, env, stdio: ["inherit", stdio, stdio] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
      });
    }
    // Ctrl-C reaches Pulumi as well; it ends what it began, and then we end.
    const wait = () => {};
    process.on("SIGINT", wait);
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", wait);
      resolve({ code: code ?? 1, output });
    });
  });
}
