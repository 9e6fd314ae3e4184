// @ts-check

import { systemPrograms } from "./packages.mjs";
import { stateDir } from "./paths.mjs";
import { rowsOf } from "./programs.mjs";
import { describeErrors, runParts } from "./runParts.mjs";

/**
 * Brings system programs that only a test suite or a benchmark needs, the way set-up brings the fleet's. Prints nothing when they are there.
 * @param {string[]} names Debian package names out of tools/setup/programs.mjs, such as `wrk` and `nghttp2-client`
 * @throws {Error} that says what is missing, why, and what to do
 */
export async function ensurePackages(names) {
  const rows = rowsOf(names);
  const part = systemPrograms({ rows, stateDir, env: process.env, terminal: process.stdin.isTTY === true });
  const errors = await runParts([part], {
    out: process.stdout,
    env: process.env,
    signal: new AbortController().signal,
  });
  if (errors.length > 0) throw new Error(describeErrors(errors));
}
