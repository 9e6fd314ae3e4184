// @ts-check
import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions, enginePrograms, minimumPulumi } from "./engineChoice.mjs";

/**
 * What the tools folder holds and where it came from, written last: a folder without a record is not finished.
 * @typedef {{ source: "link" | "archive" | "build", version: string, pins: string, programs: Record<string, { size: number, mtimeMs: number }> }} EngineRecord
 * @typedef {{ version: string, goVersion: string, hash: string }} EnginePins
 */

/**
 * What tools/engine pins: go.mod is the only place that names the version.
 * @param {string} engineDir the folder tools/engine
 * @returns {EnginePins} the Pulumi version, the oldest Go that builds it, and a hash over all that a build depends on
 */
export function enginePins(engineDir) {
  const files = ["cli/go.mod", "cli/go.sum", "language-host/go.mod", "language-host/go.sum"];
  const texts = files.map((file) => readFileSync(join(engineDir, file), "utf8"));
  const version = /pulumi\/pkg\/v3 v(\S+)/.exec(texts[0] ?? "")?.[1];
  const goVersion = /^go (\S+)$/m.exec(texts[0] ?? "")?.[1];
  if (!version || !goVersion)
    throw new Error(`${join(engineDir, "cli/go.mod")} names no version of github.com/pulumi/pulumi/pkg/v3 or of Go`);
  return { version, goVersion, hash: createHash("sha256").update(texts.join("\0")).digest("hex") };
}

/**
 * Whether the engine in the tools folder is the one that is wanted, by file stats alone.
 * @param {string} toolsDir
 * @param {EnginePins} pins
 */
export function isEngineReady(toolsDir, pins) {
  try {
    const record = /** @type {EngineRecord} */ (JSON.parse(readFileSync(recordPath(toolsDir), "utf8")));
    const wanted =
      record.source === "link" ? compareVersions(record.version, minimumPulumi) >= 0 : record.pins === pins.hash;
    return wanted && JSON.stringify(record.programs) === JSON.stringify(programStats(join(toolsDir, "bin")));
  } catch {
    // No record, half a record, a program that is gone or a link to one: not ready.
    return false;
  }
}

/**
 * @param {string} toolsDir
 * @param {{ source: EngineRecord["source"], version: string, pins: EnginePins }} made
 */
export function writeRecord(toolsDir, { source, version, pins }) {
  /** @type {EngineRecord} */
  const record = { source, version, pins: pins.hash, programs: programStats(join(toolsDir, "bin")) };
  const unfinished = `${recordPath(toolsDir)}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(unfinished, recordPath(toolsDir));
}

/** @param {string} toolsDir */
export function removeRecord(toolsDir) {
  rmSync(recordPath(toolsDir), { force: true });
}

/** @param {string} toolsDir */
function recordPath(toolsDir) {
  return join(toolsDir, "engine.json");
}

/** @param {string} binDir */
function programStats(binDir) {
  return Object.fromEntries(
    enginePrograms.map((program) => {
      const { size, mtimeMs } = statSync(join(binDir, program));
      return [program, { size, mtimeMs }];
    }),
  );
}
