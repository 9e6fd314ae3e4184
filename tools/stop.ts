/** `npm stop`: destroys the local fleet; nothing of it keeps running. */
import fs from "node:fs";
import { stopServices } from "../components/local/manager/client.ts";
import { nodeDir, stateDir, statePaths } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { LOCAL_STACK, runPulumi } from "./engine.ts";
import { removeStaleLocks } from "./locks.ts";

const root = stateDir(PACKAGE_DIR);
removeStaleLocks();
if (fs.existsSync(`${statePaths(root).pulumi}/.pulumi/stacks/edge-fleet/${LOCAL_STACK}.json`)) {
  process.exitCode = await runPulumi(["destroy", "--yes", "--suppress-outputs", "--stack", LOCAL_STACK]);
} else {
  console.log("No fleet of this checkout is up.");
}

// What runs in the state folder without being in the state: an `up` was killed before it could write it down.
const nodes = fs.existsSync(`${root}/nodes`) ? fs.readdirSync(`${root}/nodes`) : [];
for (const node of nodes) {
  await stopServices(nodeDir(root, node));
  if (fs.existsSync(`${nodeDir(root, node)}/run`)) {
    fs.rmSync(`${nodeDir(root, node)}/run`, { recursive: true });
    console.log(`Stopped ${node}, which an interrupted run had left.`);
  }
}
