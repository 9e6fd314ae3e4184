// @ts-check
import { SetupProblem } from "./problem.mjs";

/**
 * What is known about the machine before installing.
 * @typedef {object} PackageFacts
 * @property {import("./programs.mjs").ProgramRow[]} missing
 * @property {string} platform as in process.platform
 * @property {boolean} apt whether apt-get is there
 * @property {boolean} isRoot
 * @property {"none" | "ready" | "asks"} sudo not there; works without a question; would ask for a password
 * @property {boolean} terminal whether somebody can answer a question
 * @property {string} script the path of install-debian.sh
 *
 * @typedef {{ unlock: string[] | undefined, command: string[] }} PackagePlan `unlock` asks for the password, once, before anything else runs
 */

/** Where Debian's packaging asks whether a service may be started (invoke-rc.d(8)). */
export const policyFile = "/usr/sbin/policy-rc.d";

/** Two set-ups must not both hold the policy file. */
export const packagesLock = "/run/lock/edge-fleet-packages";

/**
 * The command that installs what is missing.
 * @param {PackageFacts} facts with at least one missing package
 * @returns {PackagePlan}
 * @throws {SetupProblem} with the commands to run by hand, where it cannot be done from here
 */
export function planPackages(facts) {
  const names = facts.missing.map((row) => row.debian);
  if (facts.platform === "darwin") throw problem(facts, "macOS has no apt", brewCommands(facts.missing));
  if (!facts.apt) throw problem(facts, "there is no apt-get on this system", otherCommands(facts.missing));

  const install = ["sh", facts.script, policyFile, packagesLock, ...names];
  if (facts.isRoot) return { unlock: undefined, command: install };
  if (facts.sudo === "ready") return { unlock: undefined, command: ["sudo", "-n", ...install] };
  if (facts.sudo === "asks" && facts.terminal) return { unlock: ["sudo", "-v"], command: ["sudo", "-n", ...install] };
  const why =
    facts.sudo === "none"
      ? "installing needs root, this user is not root, and there is no sudo"
      : "installing needs root, sudo wants a password, and there is no terminal to ask on";
  throw problem(facts, why, [
    `as root: apt-get update && apt-get install -y --no-install-recommends ${names.join(" ")}`,
    "then again, as this user",
  ]);
}

/**
 * @param {PackageFacts} facts
 * @param {string} why
 * @param {string[]} remedy
 */
function problem({ missing }, why, remedy) {
  return new SetupProblem({
    what: `missing: ${missing.map((row) => `${row.program ?? row.debian} (${row.use})`).join(", ")}`,
    why,
    remedy,
  });
}

/** @param {import("./programs.mjs").ProgramRow[]} missing */
function brewCommands(missing) {
  const formulae = missing.flatMap((row) => row.brew ?? []);
  return [
    ...(formulae.length > 0 ? [`brew install ${formulae.join(" ")}`] : []),
    ...missing.flatMap((row) => (row.brew ? [] : (row.elsewhere ?? []))),
    "macOS answers on 127.0.0.1 only: for each region's address of the stack config, for example",
    "sudo ifconfig lo0 alias 127.0.1.1 && sudo ifconfig lo0 alias 127.0.1.2 && sudo ifconfig lo0 alias 127.0.1.3",
  ];
}

/** @param {import("./programs.mjs").ProgramRow[]} missing */
function otherCommands(missing) {
  return [
    `install with this system's package manager: ${missing.map((row) => row.debian).join(" ")} (Debian's names)`,
    ...missing.flatMap((row) => (row.elsewhere ? [`or, for ${row.debian}: ${row.elsewhere}`] : [])),
  ];
}
