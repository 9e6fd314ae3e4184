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
const wasEmpty = resources().length === 0;

// A first start is previewed, so that nothing is begun when some node cannot start. Later ones go straight on; processes
// may have ended since, with the machine for instance: refresh notices, and they are started again.
const first = wasEmpty ? [] : ["--skip-preview", "--refresh"];
const code = await runPulumi(["up", "--yes", ...first, "--suppress-outputs", "--stack", LOCAL_STACK]);
if (code === 0) {
  const outputs = resources().find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs as unknown as FleetOutputs;
  console.log(`\n${summary(outputs, state.authority, process.cwd())}`);
} else if (wasEmpty && resources().length > 0) {
  console.error("\nThe fleet did not come up. What had been started is being stopped again:\n");
  await runPulumi(["destroy", "--yes", "--suppress-outputs", "--stack", LOCAL_STACK]);
}
process.exitCode = code;

interface Resource {
  readonly type: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What the stack has, read from the backend's file: asking Pulumi costs a second each time. */
function resources(): readonly Resource[] {
  const stack = JSON.parse(fs.readFileSync(stackFile, "utf8")) as {
    checkpoint: { latest?: { resources?: readonly Resource[] } };
  };
  return stack.checkpoint.latest?.resources ?? [];
}
