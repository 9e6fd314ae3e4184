// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandFailure, run } from "./command.mjs";
import { findProgram, isExecutableFile, searchDirs } from "./findProgram.mjs";
import { takeLock } from "./lock.mjs";
import { firstDifference } from "./lockfileMatch.mjs";
import { Interrupted, SetupProblem } from "./problem.mjs";

/** How many of npm's error lines go into the message; the log has all of them. */
const shownErrorLines = 8;

/**
 * The npm packages of the lock file, Node 26 among them.
 * @param {{ root: string, stateDir: string, platform?: string, arch?: string }} place
 * @returns {import("./part.mjs").Part}
 */
export function nodePackages({ root, stateDir, platform = process.platform, arch = process.arch }) {
  const modules = join(root, "node_modules");
  const missing = () => whyInstall({ root, modules, platform, arch });
  return {
    name: "npm packages",
    missing,
    async bring({ progress, signal, env }) {
      const giveBack = await takeLock(join(stateDir, "locks", "npm"), {
        signal,
        onWait: (pid) => progress.at(`waits for the set-up with process id ${pid}`),
      });
      try {
        if (missing() === undefined) return "another set-up has installed them";
        const npm = findProgram("npm", searchDirs(machinePath(env, modules)));
        if (!npm) {
          throw new SetupProblem({
            what: "npm is not there",
            why: "no npm in any folder of PATH; it brings the packages of package-lock.json",
            remedy:
              "install Node.js 20 or newer with npm 10 or newer: https://nodejs.org/en/download (Debian: apt-get install npm)",
          });
        }
        await install(npm, {
          root,
          env: machinePath(env, modules),
          logFile: join(stateDir, "logs", "setup-npm.log"),
          signal,
        });
        const wanted = wantedNode(root, platform, arch);
        await verifyNode(wanted, modules, signal);
        return `installed, with Node ${wanted.version}`;
      } finally {
        giveBack();
      }
    },
  };
}

/** @param {{ root: string, modules: string, platform: string, arch: string }} place */
function whyInstall({ root, modules, platform, arch }) {
  const record = readJson(join(modules, ".package-lock.json"));
  if (record === undefined) return "npm ci (20–40 s)";
  const different = firstDifference(readJson(join(root, "package-lock.json")) ?? {}, record);
  if (different) return `npm ci (20–40 s), because ${different} is not what package-lock.json asks for`;
  const wanted = wantedNode(root, platform, arch);
  const have = readJson(join(modules, wanted.name, "package.json"))?.version;
  if (have !== wanted.version || !isExecutableFile(join(modules, ".bin", "node"))) {
    return `npm ci (20–40 s), because Node ${wanted.version} (${wanted.name}) is not installed`;
  }
  return undefined;
}

/**
 * Installs without any install script: npm 10 would run isolated-vm's under the machine's Node, where it fails; what the packages
 * need is prebuilt in their archives.
 * @param {string} npm
 * @param {{ root: string, env: NodeJS.ProcessEnv, logFile: string, signal: AbortSignal }} context
 */
async function install(npm, { root, env, logFile, signal }) {
  // Node 26 is an optional dependency and the checks are development ones: neither may be left out by the user's npm settings.
  const args = ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-progress"];
  // npm says the reason first and then its usage, so the last lines of its output are of no help.
  /** @type {string[]} */
  const errorLines = [];
  const onLine = (/** @type {string} */ line) => {
    const said = line.startsWith("npm error ") ? line.slice("npm error ".length).trim() : "";
    if (said && errorLines.length < shownErrorLines) errorLines.push(said);
  };
  try {
    await run(npm, args, { cwd: root, env, logFile, signal, onLine });
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    throw new SetupProblem({
      what: "the npm packages could not be installed",
      why: errorLines.length > 0 ? [...errorLines, `(all of it: ${logFile})`].join("\n") : String(error),
      remedy: [
        "look at the reason above: is the registry of `npm config get registry` reachable, is the disk full?",
        "then run it alone: npm ci --ignore-scripts",
      ],
    });
  }
}

/**
 * PATH without our own node_modules/.bin: npm puts it first for scripts, and an npm that ran by the Node in there would delete itself.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} modules
 */
function machinePath(env, modules) {
  const dirs = (env.PATH ?? "").split(delimiter).filter((dir) => dir !== join(modules, ".bin"));
  return { ...env, PATH: dirs.join(delimiter) };
}

/**
 * The package that carries Node for this platform, as package.json pins it.
 * @param {string} root
 * @param {string} platform
 * @param {string} arch
 * @throws {SetupProblem} when there is none
 */
export function wantedNode(root, platform, arch) {
  const pinned = Object.entries(readJson(join(root, "package.json"))?.optionalDependencies ?? {});
  const found = pinned.find(([name]) => name.startsWith("node-") && name.endsWith(`${platform}-${arch}`));
  if (found) return { name: found[0], version: String(found[1]) };
  throw new SetupProblem({
    what: `there is no Node 26 for ${platform}-${arch}`,
    why: `package.json pins it for: ${pinned.map(([name]) => name.replace(/^node-(bin-)?/, "")).join(", ")}`,
    remedy: "use one of these platforms, or a Debian container on this machine",
  });
}

/**
 * @param {{ name: string, version: string }} wanted
 * @param {string} modules
 * @param {AbortSignal} signal
 */
async function verifyNode({ name, version }, modules, signal) {
  const node = join(modules, ".bin", "node");
  const problem = (/** @type {string} */ why) =>
    new SetupProblem({
      what: `Node ${version} of the npm package ${name} does not run`,
      why,
      remedy: [
        "it needs glibc 2.28 or newer (not Alpine's musl); `npm config list` must not name another os, cpu or libc",
        "then: rm -rf node_modules && npm ci --ignore-scripts",
      ],
    });
  if (!existsSync(node)) throw problem("npm has left it out: node_modules/.bin/node is missing");
  const said = await run(node, ["--version"], { signal, limitMs: 20_000 }).catch((error) => {
    if (error instanceof CommandFailure) throw problem(error.message);
    throw error;
  });
  if (said !== `v${version}`) throw problem(`node_modules/.bin/node says ${said}`);
}

/**
 * @param {string} path
 * @returns {any} undefined when it is missing or no JSON, as after an interrupted install
 */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
