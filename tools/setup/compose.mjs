// @ts-check
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";
import { compareVersions } from "./engineChoice.mjs";
import { findProgram, searchDirs } from "./findProgram.mjs";
import { takeLock } from "./lock.mjs";
import { root, toolsDirOf } from "./paths.mjs";
import { SetupProblem } from "./problem.mjs";

/** Older ones do not know all that a node's compose.yaml says. */
const minimumCompose = "2.24.0";
const moduleDir = join(root, "tools/compose");

/**
 * A command that is Docker Compose: the machine's own, else one built from its Go module, once per version. Only tests need it.
 * @returns {Promise<string[]>}
 * @throws {SetupProblem} where there is neither
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
  const go = findProgram("go", dirs);
  if (go === undefined) {
    throw new SetupProblem({
      what: `there is no Docker Compose ${minimumCompose} or newer`,
      why: "no program on PATH is one, and there is no Go to build it with",
      remedy: ["install Docker's compose plugin, or Go (https://go.dev/dl), and put it on PATH"],
    });
  }
  return [await built(go)];
}

/**
 * @param {string} go
 * @returns {Promise<string>} the program's path
 */
async function built(go) {
  const pins = ["go.mod", "go.sum"].map((name) => readFileSync(join(moduleDir, name), "utf8")).join("\0");
  const version = /docker\/compose\/v2 (v\S+)/.exec(pins)?.[1];
  const dir = join(toolsDirOf(process.env), "compose");
  const program = join(dir, `docker-compose-${createHash("sha256").update(pins).digest("hex").slice(0, 12)}`);
  if (existsSync(program)) return program;
  mkdirSync(dir, { recursive: true });
  const giveBack = await takeLock(join(dir, "lock"), { signal: new AbortController().signal, onWait: () => {} });
  const making = join(dir, "making");
  try {
    if (existsSync(program)) return program;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making);
    console.log("Docker Compose: builds it from Go modules: 3–5 minutes on 2 cores, once per version");
    const flags = `-s -w -X github.com/docker/compose/v2/internal.Version=${version}`;
    const args = ["build", "-mod=readonly", "-trimpath", "-gcflags=all=-dwarf=false", `-ldflags=${flags}`];
    await run(go, [...args, "-o", join(making, "docker-compose"), "github.com/docker/compose/v2/cmd"], {
      cwd: moduleDir,
      env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOTMPDIR: making },
      logFile: join(dir, "build.log"),
    });
    renameSync(join(making, "docker-compose"), program);
    return program;
  } finally {
    rmSync(making, { recursive: true, force: true });
    giveBack();
  }
}
