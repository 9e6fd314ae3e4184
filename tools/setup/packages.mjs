// @ts-check
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CommandFailure, run } from "./command.mjs";
import { findProgram, searchDirs } from "./findProgram.mjs";
import { planPackages } from "./packagePlan.mjs";
import { SetupProblem } from "./problem.mjs";

const script = fileURLToPath(new URL("install-debian.sh", import.meta.url));

/**
 * The system programs, through apt where it is there.
 * @param {{ rows: import("./programs.mjs").ProgramRow[], stateDir: string, env: NodeJS.ProcessEnv, terminal: boolean }} wanted `terminal`: somebody
 *   can type a password
 * @returns {import("./part.mjs").Part}
 */
export function systemPrograms({ rows, stateDir, env, terminal }) {
  const dirs = searchDirs(env);
  const missing = () => rows.filter((row) => !isThere(row, dirs));
  const plan = () => planPackages(packageFacts(missing(), dirs, terminal));
  return {
    name: "system programs",
    missing() {
      const names = missing().map((row) => row.debian);
      return names.length > 0 ? `installs ${names.join(" ")}` : undefined;
    },
    ask() {
      const { unlock } = planOrNothing(plan) ?? {};
      // When the password is wrong, sudo has said so, and `bring` tells what to do.
      if (unlock) spawnSync(unlock[0] ?? "", unlock.slice(1), { stdio: "inherit" });
    },
    async bring({ progress, signal }) {
      const before = missing();
      const [program = "", ...args] = plan().command;
      const logFile = join(stateDir, "logs", "setup-packages.log");
      try {
        // Not in a group of its own: sudo knows its user by the terminal's session.
        await run(program, args, {
          env,
          logFile,
          signal,
          ownGroup: false,
          onLine: (line) => progress.at(step(line) ?? "apt-get works"),
        });
      } catch (error) {
        if (!(error instanceof CommandFailure)) throw error;
        throw new SetupProblem({
          what: `the packages could not be installed: ${before.map((row) => row.debian).join(" ")}`,
          why: error.message,
          remedy: [
            "look at the reason above, then try it alone, as root:",
            `apt-get update && apt-get install -y --no-install-recommends ${before.map((row) => row.debian).join(" ")}`,
          ],
        });
      }
      const still = missing();
      if (still.length === 0)
        return `installed ${before.map((row) => row.debian).join(" ")}; no service of theirs was started or enabled`;
      throw new SetupProblem({
        what: `still missing: ${still.map((row) => row.program ?? row.files?.[0]).join(", ")}`,
        why: `apt-get has installed ${still.map((row) => row.debian).join(" ")}, but they are not where they are looked for`,
        remedy: [
          `apt-get install --reinstall ${still.map((row) => row.debian).join(" ")}`,
          `or put their folders on PATH; looked at: ${[...new Set(dirs)].join(" ")}`,
        ],
      });
    },
  };
}

/** @param {() => import("./packagePlan.mjs").PackagePlan} plan */
function planOrNothing(plan) {
  try {
    return plan();
  } catch (error) {
    // `bring` comes upon the same problem and reports it beside the other parts'.
    if (error instanceof SetupProblem) return undefined;
    throw error;
  }
}

/**
 * @param {import("./programs.mjs").ProgramRow[]} missing
 * @param {string[]} dirs
 * @param {boolean} terminal
 * @returns {import("./packagePlan.mjs").PackageFacts}
 */
function packageFacts(missing, dirs, terminal) {
  const isRoot = process.geteuid?.() === 0;
  const sudo = isRoot ? undefined : findProgram("sudo", dirs);
  const ready = sudo !== undefined && spawnSync(sudo, ["-n", "true"], { stdio: "ignore" }).status === 0;
  return {
    missing,
    platform: process.platform,
    apt: findProgram("apt-get", dirs) !== undefined,
    isRoot,
    sudo: sudo === undefined ? "none" : ready ? "ready" : "asks",
    terminal,
    script,
  };
}

/**
 * @param {import("./programs.mjs").ProgramRow} row
 * @param {string[]} dirs
 */
export function isThere(row, dirs) {
  if (row.program && findProgram(row.program, dirs)) return true;
  return (row.files ?? []).flatMap(expand).some((path) => existsSync(path));
}

/**
 * @param {string} pattern a path in which at most one folder is `*`
 * @returns {string[]}
 */
function expand(pattern) {
  const [before, after] = pattern.split("/*/");
  if (before === undefined || after === undefined) return [pattern];
  try {
    return readdirSync(before).map((name) => join(before, name, after));
  } catch {
    return [];
  }
}

/**
 * What a line of apt-get says about where it is.
 * @param {string} line
 */
function step(line) {
  const [, verb, name] = /^(Get|Unpacking|Setting up|Selecting)[:\s]\S*\s*(\S*)/.exec(line) ?? [];
  if (verb === undefined) return undefined;
  if (verb === "Get") return "apt-get fetches";
  return `apt-get ${verb === "Setting up" ? "sets up" : "unpacks"} ${/^(?:Unpacking|Setting up|Selecting)\s+(\S+)/.exec(line)?.[1] ?? name}`;
}
