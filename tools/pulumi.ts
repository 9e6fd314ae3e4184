/** `npm run pulumi -- <command>`: the Pulumi engine of this checkout, with the local stack unless another is named. */
import { parseArgs } from "node:util";
import { LOCAL_STACK, runPulumi } from "./engine.ts";

const args = process.argv.slice(2);
const [command = "help"] = args;
const ofStack = ["preview", "up", "refresh", "destroy", "cancel", "state", "config", "stack"].includes(command);
const { values } = parseArgs({ args, options: { stack: { type: "string", short: "s" } }, strict: false });
const named = typeof values.stack === "string" ? values.stack : null;
const stack = named ?? LOCAL_STACK;
process.exitCode = await runPulumi(ofStack && named === null ? [...args, "--stack", stack] : args, stack);
