import fs from "node:fs";
import { stopServices } from "../components/local/manager/client.ts";
import { nodeDir, stateDir } from "../components/local/stateDir.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";

/** Stops what runs in the state folder without being in the state: an engine was killed before it could write it down. */
export async function sweepNodes(): Promise<void> {
  const root = stateDir(PACKAGE_DIR);
  const nodes = fs.existsSync(`${root}/nodes`) ? fs.readdirSync(`${root}/nodes`) : [];
  for (const node of nodes) {
    await stopServices(nodeDir(root, node));
    if (!fs.existsSync(`${nodeDir(root, node)}/run`)) continue;
    fs.rmSync(`${nodeDir(root, node)}/run`, { recursive: true });
    console.log(`Stopped ${node}, which an interrupted run had left.`);
  }
}
