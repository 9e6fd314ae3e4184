/** The process manager of one local node: `node main.ts <node folder>`; its spec is `services.json` there. */
import fs from "node:fs";
import { controlServer } from "./control.ts";
import { Manager } from "./manager.ts";
import { endLeftovers } from "./processes.ts";
import { type ManagerSpec, managerPaths } from "./spec.ts";

const LEFTOVER_GRACE_MS = 3_000;
const LAST_ANSWER_MS = 500;

const nodeDir = process.argv[2];
if (nodeDir === undefined) throw new Error("usage: node main.ts <node folder>");
const paths = managerPaths(nodeDir);
const spec = JSON.parse(fs.readFileSync(paths.specFile, "utf8")) as ManagerSpec;

const leftovers = await endLeftovers(paths.processesFile, LEFTOVER_GRACE_MS);
if (leftovers.length > 0) console.log(`ended what an earlier manager left running: ${leftovers.join(", ")}`);

const manager = new Manager(spec.node, paths);
fs.rmSync(paths.socket, { force: true });
const server = controlServer(manager, stop);
server.listen(paths.socket, () => fs.chmodSync(paths.socket, 0o600));

let stopping: Promise<void> | null = null;
function stop(): Promise<void> {
  stopping ??= manager.stop().then(() => {
    fs.rmSync(paths.processesFile, { force: true });
    // Whoever asked for the stop still gets the answer; anyone else is cut off after a moment.
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), LAST_ANSWER_MS).unref();
  });
  return stopping;
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

await manager.reconcile(spec.services);
