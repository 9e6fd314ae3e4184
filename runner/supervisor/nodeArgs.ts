/** Heaps of processes that hold no tenant code: small, three regions share one machine locally. */
const NODE_ARGS = ["--no-warnings", "--max-semi-space-size=2"];

export const ROUTER_ARGS = [...NODE_ARGS, "--max-old-space-size=512"];
export const BROKER_ARGS = [...NODE_ARGS, "--max-old-space-size=512"];
export const WORKER_ARGS = [...NODE_ARGS, "--max-old-space-size=256", "--no-node-snapshot"];
