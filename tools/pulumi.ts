/** `npm run pulumi -- <command>`: the Pulumi engine of this checkout, with the local stack unless another is named. */
import { LOCAL_STACK, runPulumi } from "./engine.ts";

const args = process.argv.slice(2);
const [command = "help"] = args;
const ofStack = ["preview", "up", "refresh", "destroy", "cancel", "state"].includes(command);
const named = args.some((arg) => arg === "-s" || arg === "--stack" || arg.startsWith("--stack="));
process.exitCode = await runPulumi(ofStack && !named ? [...args, "--stack", LOCAL_STACK] : args);
