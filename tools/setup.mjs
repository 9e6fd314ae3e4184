// @ts-check
/**
 * Makes a fresh machine ready for `npm start` and `npm test`: npm packages with Node 26, the Pulumi engine, the system programs. Runs on any
 * Node 20 or newer without any package. Does only what is missing, and prints only what it does.
 *
 *     node tools/setup.mjs [--with wrk,nghttp2-client]
 *
 * Exit status: 0 all is there, 1 something cannot be had (said: what, why, what to do), 2 wrong arguments, 130 interrupted.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { engine } from "./setup/engine.mjs";
import { nodePackages } from "./setup/nodePackages.mjs";
import { systemPrograms } from "./setup/packages.mjs";
import { root, stateDir, toolsDirOf } from "./setup/paths.mjs";
import { fleetPrograms, rowsOf } from "./setup/programs.mjs";
import { describeErrors, runParts } from "./setup/runParts.mjs";

const env = process.env;

/** The extra system programs that were asked for. */
function extraRows() {
  const { values } = parseArgs({ options: { with: { type: "string", default: "" } } });
  return rowsOf((values.with ?? "").split(",").filter(Boolean));
}

let extra;
try {
  extra = extraRows();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`);
  process.exit(2);
}

const stop = new AbortController();
for (const name of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(name, () => stop.abort());

const errors = await runParts(
  [
    nodePackages({ root, stateDir }),
    engine({ engineDir: join(root, "tools/engine"), toolsDir: toolsDirOf(env) }),
    systemPrograms({ rows: [...fleetPrograms, ...extra], stateDir, env, terminal: process.stdin.isTTY === true }),
  ],
  { out: process.stdout, env, signal: stop.signal },
);
process.stderr.write(describeErrors(errors));
process.exitCode = stop.signal.aborted ? 130 : errors.length > 0 ? 1 : 0;
