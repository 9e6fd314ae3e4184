// @ts-check
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "./command.mjs";
import { findProgram, searchDirs } from "./findProgram.mjs";
import { takeLock } from "./lock.mjs";
import { root, toolsDirOf } from "./paths.mjs";
import { SetupProblem } from "./problem.mjs";

/**
 * A program built from its Go module, once per version.
 * @param {{ moduleDir: string, package: string, name: string, ldflags?: (pins: string) => string, takes: string }} source the folder with
 *   `go.mod` and `go.sum`, what is built there, the program's name, further linker flags by the text of both files, and how long it takes
 * @returns {Promise<string>} its path
 * @throws {SetupProblem} where there is no Go
 */
export async function builtGoProgram({ moduleDir, package: goPackage, name, ldflags = () => "", takes }) {
  const pins = ["go.mod", "go.sum"].map((file) => readFileSync(join(moduleDir, file), "utf8")).join("\0");
  const dir = join(toolsDirOf(process.env), basename(moduleDir));
  const program = join(dir, `${name}-${createHash("sha256").update(pins).digest("hex").slice(0, 12)}`);
  if (existsSync(program)) return program;
  const go = findProgram("go", searchDirs(process.env));
  if (go === undefined) {
    throw new SetupProblem({
      what: `there is no ${name}`,
      why: "it is built from its Go module, and there is no Go",
      remedy: ["install Go (https://go.dev/dl) and put it on PATH"],
    });
  }
  mkdirSync(dir, { recursive: true });
  const giveBack = await takeLock(join(dir, "lock"), { signal: new AbortController().signal, onWait: () => {} });
  const making = join(dir, "making");
  try {
    if (existsSync(program)) return program;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making);
    console.log(`${name}: builds it from Go modules: ${takes} on 2 cores, once per version`);
    const flags = `-ldflags=-s -w ${ldflags(pins)}`.trimEnd();
    const args = ["build", "-mod=readonly", "-trimpath", "-gcflags=all=-dwarf=false", flags];
    await run(go, [...args, "-o", join(making, name), goPackage], {
      cwd: moduleDir,
      env: { ...process.env, CGO_ENABLED: "0", GOWORK: "off", GOTMPDIR: making },
      logFile: join(dir, "build.log"),
    });
    renameSync(join(making, name), program);
    return program;
  } finally {
    rmSync(making, { recursive: true, force: true });
    giveBack();
  }
}

/** Programs that only tests need. */
const testPrograms = {
  h2spec: { module: "h2spec", package: "github.com/summerwind/h2spec/cmd/h2spec" },
  pebble: { module: "pebble", package: "github.com/letsencrypt/pebble/v2/cmd/pebble" },
  "pebble-challtestsrv": { module: "pebble", package: "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv" },
};

/**
 * @param {keyof typeof testPrograms} name
 * @returns {Promise<string>} the program's path
 */
export function ensureTestProgram(name) {
  const { module, package: goPackage } = testPrograms[name];
  const moduleDir = join(root, "tools/testPrograms", module);
  return builtGoProgram({ moduleDir, package: goPackage, name, takes: "a minute" });
}
