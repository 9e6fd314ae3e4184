/** `npm start`: brings the local fleet up, or up to date, and says where it is. */
import { stateDir, statePaths } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { askPulumi, LOCAL_STACK, runPulumi } from "./engine.ts";
import { forgetPendingCreates, stackExists, stackResources } from "./localStack.ts";
import { type FleetOutputs, summary } from "./summary.ts";
import { sweepNodes } from "./sweep.ts";

if (!stackExists()) await askPulumi(["stack", "init", LOCAL_STACK, "--no-select"]);
await forgetPendingCreates();
const wasEmpty = stackResources().length === 0;

// A first start is previewed, so that nothing is begun when some node cannot start. Later ones go straight on; processes
// may have ended since, with the machine for instance: refresh notices, and they are started again.
const mode = wasEmpty ? [] : ["--skip-preview", "--refresh"];
const code = await runPulumi(["up", "--yes", ...mode, "--suppress-outputs", "--stack", LOCAL_STACK]);
if (code === 0) {
  const outputs = stackResources().find(({ type }) => type === "pulumi:pulumi:Stack")
    ?.outputs as unknown as FleetOutputs;
  const { authority } = statePaths(stateDir(PACKAGE_DIR));
  console.log(`\n${summary(outputs, authority, process.cwd())}`);
} else if (wasEmpty) {
  if (stackResources().length > 0) {
    console.error("\nThe fleet did not come up. What had been started is being stopped again:\n");
    await runPulumi(["destroy", "--yes", "--suppress-outputs", "--stack", LOCAL_STACK]);
  }
  await sweepNodes();
}
process.exitCode = code;
