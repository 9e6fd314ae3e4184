// @ts-check
import { join } from "node:path";
import { run } from "./command.mjs";
import { compareVersions } from "./engineChoice.mjs";
import { findProgram, searchDirs } from "./findProgram.mjs";
import { builtGoProgram } from "./goProgram.mjs";
import { root } from "./paths.mjs";

/** Older ones do not know all that a node's compose.yaml says. */
const minimumCompose = "2.24.0";
const moduleDir = join(root, "tools/compose");

/**
 * A command that is Docker Compose: the machine's own, else one built from its Go module, once per version. Only tests need it.
 * @returns {Promise<string[]>}
 * @throws {Error} where there is neither, nor Go to build it with
 */
export async function ensureCompose() {
  const dirs = searchDirs(process.env);
  for (const command of [["docker", "compose"], ["docker-compose"]]) {
    const program = findProgram(command[0] ?? "", dirs);
    if (program === undefined) continue;
    const said = await run(program, [...command.slice(1), "version", "--short"], { limitMs: 10_000 }).catch(() => "");
    const version = /^v?(\d+\.\d+\.\d+)/.exec(said)?.[1];
    if (version !== undefined && compareVersions(version, minimumCompose) >= 0) return [program, ...command.slice(1)];
  }
  return [
    await builtGoProgram({
      moduleDir,
      package: "github.com/docker/compose/v2/cmd",
      name: "docker-compose",
      ldflags: (pins) =>
        `-X github.com/docker/compose/v2/internal.Version=${/docker\/compose\/v2 (v\S+)/.exec(pins)?.[1]}`,
      takes: "3–5 minutes",
    }),
  ];
}
