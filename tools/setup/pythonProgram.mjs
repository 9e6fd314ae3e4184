// @ts-check
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./command.mjs";
import { ensurePackages } from "./ensurePackages.mjs";
import { findProgram, searchDirs } from "./findProgram.mjs";
import { takeLock } from "./lock.mjs";
import { root, toolsDirOf } from "./paths.mjs";
import { SetupProblem } from "./problem.mjs";

/**
 * moto, a server that speaks AWS' interfaces, in a Python environment of its own: made once per list of versions.
 * @returns {Promise<string>} the environment's Python, which has the module `moto.server`
 * @throws {SetupProblem} where there is no Python
 */
export async function ensureMoto() {
  const requirements = join(root, "tools/testPrograms/moto/requirements.txt");
  const pins = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const dir = join(toolsDirOf(process.env), "moto");
  const environment = join(dir, pins);
  const python = join(environment, "bin/python");
  const whole = join(environment, "whole");
  if (existsSync(whole)) return python;
  await ensurePackages(["python3-venv"]);
  const system = findProgram("python3", searchDirs(process.env));
  if (system === undefined) {
    throw new SetupProblem({
      what: "there is no moto",
      why: "it is a Python program, and there is no python3",
      remedy: ["install Python 3.10 or newer and put python3 on PATH"],
    });
  }
  mkdirSync(dir, { recursive: true });
  const giveBack = await takeLock(join(dir, "lock"), { signal: new AbortController().signal, onWait: () => {} });
  try {
    if (existsSync(whole)) return python;
    rmSync(environment, { recursive: true, force: true });
    console.log("moto: makes a Python environment for it: half a minute, once per list of versions");
    const logFile = join(dir, "install.log");
    await run(system, ["-m", "venv", environment], { logFile });
    const flags = ["--no-deps", "--only-binary", ":all:", "--disable-pip-version-check", "--no-input"];
    await run(python, ["-m", "pip", "install", ...flags, "-r", requirements], { logFile });
    writeFileSync(whole, "");
    return python;
  } finally {
    giveBack();
  }
}
