/** `npm start`: brings the local fleet up, or up to date, and says where it is. */
import fs from "node:fs";
import { stateDir, statePaths } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { askPulumi, LOCAL_STACK, runPulumi } from "./engine.ts";
import { removeStaleLocks } from "./locks.ts";
import { type FleetOutputs, summary } from "./summary.ts";

const state = statePaths(stateDir(PACKAGE_DIR));
const stackFile = `${state.pulumi}/.pulumi/stacks/edge-fleet/${LOCAL_STACK}.json`;

removeStaleLocks();
if (!fs.existsSync(stackFile)) await askPulumi(["stack", "init", LOCAL_STACK, "--no-select"]);
const wasEmpty = isEmpty();

// Processes may have ended since, with the machine for instance: refresh notices, and they are started again.
const code = await runPulumi(["up", "--yes", "--refresh", "--suppress-outputs", "--stack", LOCAL_STACK]);
if (code === 0) {
  const outputs = JSON.parse(await askPulumi(["stack", "output", "--json", "--stack", LOCAL_STACK])) as FleetOutputs;
  console.log(`\n${summary(outputs, state.authority, process.cwd())}`);
} else if (wasEmpty && !isEmpty()) {
  console.error("\nThe fleet did not come up. What had been started is being stopped again:\n");
  await runPulumi(["destroy", "--yes", "--suppress-outputs", "--stack", LOCAL_STACK]);
}
process.exitCode = code;

function isEmpty(): boolean {
  const stack = JSON.parse(fs.readFileSync(stackFile, "utf8")) as {
    checkpoint: { latest?: { resources?: readonly { custom: boolean }[] } };
  };
  return !(stack.checkpoint.latest?.resources ?? []).some((resource) => resource.custom);
}
