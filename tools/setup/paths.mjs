// @ts-check
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout's root folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The ignored folder with what set-up and the local fleet keep. */
export const stateDir = join(root, ".edge");

/**
 * Where the Pulumi engine lives; its programs are in `bin` below.
 * @param {NodeJS.ProcessEnv} env `EDGE_TOOLS_DIR` lets several checkouts share one engine; default `.edge/tools` of the checkout
 * @returns {string} an absolute path
 */
export function toolsDirOf(env) {
  return env.EDGE_TOOLS_DIR ? resolve(env.EDGE_TOOLS_DIR) : join(stateDir, "tools");
}
