// @ts-check
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { run } from "./command.mjs";
import { fetchEngine } from "./engineArchive.mjs";
import { buildEngine } from "./engineBuild.mjs";
import { chooseEngine, enginePrograms, minimumPulumi, versionIn } from "./engineChoice.mjs";
import { enginePins, isEngineReady, removeRecord, writeRecord } from "./engineRecord.mjs";
import { findProgram, searchDirs } from "./findProgram.mjs";
import { takeLock } from "./lock.mjs";
import { Interrupted, SetupProblem } from "./problem.mjs";

/** Measured on 2 cores; said before it starts, so that nobody thinks it hangs. */
const buildNotice = "builds it from Go modules: 3–5 minutes on 2 cores, 1.5 GB of modules, once per version";

/**
 * The Pulumi engine: a fitting one on PATH, else the official archive, else built from Go modules.
 * @param {{ engineDir: string, toolsDir: string }} place the folder tools/engine, and where the programs go (`bin` below it)
 * @returns {import("./part.mjs").Part}
 */
export function engine({ engineDir, toolsDir }) {
  return {
    name: "Pulumi engine",
    missing: () => (isEngineReady(toolsDir, enginePins(engineDir)) ? undefined : "looks for one"),
    async bring(context) {
      const { progress, signal } = context;
      const giveBack = await takeLock(join(toolsDir, "lock"), {
        signal,
        onWait: (pid) => progress.at(`waits for the set-up with process id ${pid}`),
      });
      const staging = join(toolsDir, "staging");
      try {
        const pins = enginePins(engineDir);
        if (isEngineReady(toolsDir, pins)) return "another set-up has brought it";
        rmSync(staging, { recursive: true, force: true });
        mkdirSync(staging, { recursive: true });
        const { source, version, where } = await fill(staging, { engineDir, toolsDir, pins }, context);
        install(staging, join(toolsDir, "bin"), () => removeRecord(toolsDir));
        writeRecord(toolsDir, { source, version, pins });
        return `${version} ${where}`;
      } finally {
        rmSync(staging, { recursive: true, force: true });
        giveBack();
      }
    },
  };
}

/**
 * Puts the engine's programs into the staging folder, by the first way that works.
 * @param {string} staging
 * @param {{ engineDir: string, toolsDir: string, pins: import("./engineRecord.mjs").EnginePins }} place
 * @param {import("./part.mjs").PartContext} context
 * @returns {Promise<{ source: "link" | "archive" | "build", version: string, where: string }>}
 */
async function fill(staging, { engineDir, toolsDir, pins }, { progress, signal, env }) {
  const logFile = join(toolsDir, "setup-engine.log");
  const { steps, ruledOut } = chooseEngine(await engineFacts({ toolsDir, pins, env, signal }));
  const failures = [...ruledOut];
  for (const step of steps) {
    try {
      if (step.kind === "link") {
        for (const [program, path] of Object.entries(step.programs)) symlinkSync(path, join(staging, program));
        return { source: step.kind, version: step.version, where: `found at ${dirname(step.programs.pulumi ?? "")}` };
      }
      if (step.kind === "archive") await fetchEngine(step, staging, { progress, signal });
      else {
        progress.note(buildNotice);
        await buildEngine({ go: step.go, engineDir, version: pins.version }, staging, {
          progress,
          signal,
          env,
          logFile,
        });
      }
      const said = await run(join(staging, "pulumi"), ["version"], {
        env: quietPulumi(env, toolsDir),
        signal,
        limitMs: 30_000,
      });
      if (versionIn(said) !== pins.version) throw new Error(`the program says ${said} instead of v${pins.version}`);
      return {
        source: step.kind,
        version: pins.version,
        where: step.kind === "build" ? "built" : "from the official archive",
      };
    } catch (error) {
      if (signal.aborted || error instanceof Interrupted) throw new Interrupted();
      const reason = `${step.kind === "archive" ? "the official archive" : `the ${step.kind}`}: ${error instanceof Error ? error.message : error}`;
      progress.note(`not by ${reason.split("\n")[0]}`);
      failures.push(reason);
    }
  }
  throw new SetupProblem({
    what: `there is no Pulumi engine (pulumi ${minimumPulumi} or newer, and its Node.js language host)`,
    why: failures.join("\n"),
    remedy: [
      "one of the two, then again:",
      "curl -fsSL https://get.pulumi.com | sh     and put ~/.pulumi/bin on PATH",
      `install Go ${pins.goVersion} or newer (https://go.dev/dl) and put it on PATH: then it is built from Go modules`,
    ],
  });
}

/**
 * @param {{ toolsDir: string, pins: import("./engineRecord.mjs").EnginePins, env: NodeJS.ProcessEnv, signal: AbortSignal }} place
 * @returns {Promise<import("./engineChoice.mjs").EngineFacts>}
 */
async function engineFacts({ toolsDir, pins, env, signal }) {
  // Our own folder may be on PATH; it is what we are about to fill.
  const dirs = searchDirs(env).filter((dir) => resolve(dir) !== join(toolsDir, "bin"));
  const ask = (/** @type {string} */ program, /** @type {string[]} */ args) =>
    run(program, args, { env: quietPulumi(env, toolsDir), signal, limitMs: 10_000 }).catch(() => "");
  const pulumi = findProgram("pulumi", dirs);
  const go = findProgram("go", dirs);
  return {
    onPath: pulumi
      ? { version: versionIn(await ask(pulumi, ["version"])), programs: programsBeside(pulumi, dirs) }
      : undefined,
    platform: process.platform,
    arch: process.arch,
    version: pins.version,
    go: go
      ? {
          path: go,
          version: versionIn(await ask(go, ["env", "GOVERSION"])) ?? "0",
          toolchain: await ask(go, ["env", "GOTOOLCHAIN"]),
        }
      : undefined,
    goVersion: pins.goVersion,
  };
}

/**
 * @param {string} pulumi
 * @param {string[]} dirs
 */
function programsBeside(pulumi, dirs) {
  const near = [dirname(pulumi), dirname(realpathSync(pulumi)), ...dirs];
  return { ...Object.fromEntries(enginePrograms.map((program) => [program, findProgram(program, near)])), pulumi };
}

/**
 * Without a look for updates, and with its logs in our folder instead of the user's home.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} toolsDir
 */
function quietPulumi(env, toolsDir) {
  return { ...env, PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_HOME: join(toolsDir, "pulumi-home") };
}

/**
 * Moves the programs into place, each in one step, so that a running engine keeps its own file and an interruption leaves none half written.
 * @param {string} staging
 * @param {string} bin
 * @param {() => void} invalidate called before the first change
 */
function install(staging, bin, invalidate) {
  mkdirSync(bin, { recursive: true });
  invalidate();
  for (const program of enginePrograms) renameSync(join(staging, program), join(bin, program));
}
