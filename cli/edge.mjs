#!/usr/bin/env node
// @ts-check
/** The `edge` command. Starts on any Node 20 or newer, and goes on in the Node 26 that set-up brought where it is another. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const NODE_MAJOR = 26;

if (Number(process.versions.node.split(".")[0]) >= NODE_MAJOR) {
  // Warnings of experimental parts of Node are nothing to the people who run a command.
  process.removeAllListeners("warning");
  module.enableCompileCache(fileURLToPath(new URL("../.edge/tools/compile-cache", import.meta.url)));
  await import(new URL("./main.ts", import.meta.url).href);
} else {
  const node = fileURLToPath(new URL("../node_modules/.bin/node", import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(`error: Node ${NODE_MAJOR} is missing. Run \`node tools/setup.mjs\`, which brings it.\n`);
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches the child as well, which ends in its own way; other signals are passed on to the same end.
  process.on("SIGINT", () => {});
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => process.stderr.write(`error: ${node}: ${error.message}\n`));
  child.on("close", (code) => {
    process.exitCode = code ?? 1;
  });
}
