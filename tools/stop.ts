/** `npm stop`: destroys the local fleet; nothing of it keeps running. */
import { LOCAL_STACK, runPulumi } from "./engine.ts";
import { forgetPendingCreates, stackExists } from "./localStack.ts";
import { sweepNodes } from "./sweep.ts";

if (stackExists()) {
  await forgetPendingCreates();
  process.exitCode = await runPulumi(["destroy", "--yes", "--suppress-outputs", "--stack", LOCAL_STACK]);
} else {
  console.log("No fleet of this checkout is up.");
}
await sweepNodes();
