/**
 * Runs one suite: `node test/run.ts <suite> [-- --full]`. The last line is `N passed, N failed`.
 * With `--full` the figures of long runs are used instead of the short ones (EDGE_TEST_FULL=1 in the tests). With `--json`
 * standard output is what the suite measured, as JSON (tests write it to the file EDGE_TEST_JSON), and all else goes to standard error.
 */
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { report } from "./report.ts";
import { SUITES } from "./suites.ts";

/** A file that hangs is ended and counts as failed: the longest takes minutes, with `--full` half an hour and more. */
const FILE_TIMEOUT_MS = { short: 15 * 60_000, full: 90 * 60_000 };

const [name = "", ...flags] = process.argv.slice(2);
const suite = SUITES[name];
if (suite === undefined) {
  console.error(`There is no suite "${name}". Suites: ${Object.keys(SUITES).join(", ")}.`);
  process.exit(2);
}
const isFull = flags.includes("--full");
if (isFull) process.env.EDGE_TEST_FULL = "1";
const measuredDir = flags.includes("--json") ? mkdtempSync(join(tmpdir(), "edge-measured-")) : undefined;
if (measuredDir !== undefined) process.env.EDGE_TEST_JSON = join(measuredDir, "measured.json");
const print = measuredDir === undefined ? console.log : console.error;

// Each test file is a process, as are most of the programs that it starts: what one has compiled, the next ones need not.
process.env.NODE_COMPILE_CACHE ??= join(PACKAGE_DIR, ".edge/compiled");

const files = globSync(suite.files, { cwd: PACKAGE_DIR, exclude: suite.exclude ?? [] }).sort();
if (files.length === 0) throw new Error(`suite ${name} has no test files: ${suite.files.join(", ")}`);
const events = run({
  files,
  cwd: PACKAGE_DIR,
  concurrency: suite.concurrency,
  timeout: isFull ? FILE_TIMEOUT_MS.full : FILE_TIMEOUT_MS.short,
  // isolated-vm needs it, and each file has a process of its own.
  execArgv: ["--no-node-snapshot", "--disable-warning=ExperimentalWarning"],
});
const { passed, failed } = await report(events, print);
if (measuredDir !== undefined) {
  console.log(readFileSync(process.env.EDGE_TEST_JSON as string, "utf8"));
  rmSync(measuredDir, { recursive: true });
}
print(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
