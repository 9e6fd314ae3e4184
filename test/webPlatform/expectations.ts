import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const DIR = join(import.meta.dirname, "expectations");

/** What came of one case. */
export interface CaseResult {
  readonly name: string;
  readonly status: "PASS" | "FAIL" | "TIMEOUT" | "NOTRUN" | "PRECONDITION_FAILED";
  readonly message: string;
}

/** An entry of an expectations file: cases that fail, and why that is so. */
interface ExpectedFailures {
  readonly reason: string;
  readonly tests: readonly string[];
}

/** Reasons by the name of the case. @throws Error for an entry without a reason, or a case that is named twice */
export function expectedFailures(api: string): ReadonlyMap<string, string> {
  const path = join(DIR, `${api}.json`);
  const expected = new Map<string, string>();
  if (!existsSync(path)) return expected;
  for (const { reason, tests } of JSON.parse(readFileSync(path, "utf8")) as ExpectedFailures[]) {
    if (typeof reason !== "string" || reason.trim() === "") throw new Error(`${path}: an entry has no reason`);
    for (const name of tests) {
      if (expected.has(name)) throw new Error(`${path}: ${JSON.stringify(name)} is there twice`);
      expected.set(name, reason);
    }
  }
  return expected;
}

/** Interfaces that have an expectations file. */
export function expectedInterfaces(): string[] {
  return globSync("*.json", { cwd: DIR }).map((file) => basename(file, ".json"));
}

/** What is not as expected, one line each: a failure without a reason, a case that passes, one that is no more. */
export function surprises(results: readonly CaseResult[], expected: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  for (const { name, status, message } of results) {
    const isGood = status === "PASS" || status === "PRECONDITION_FAILED";
    if (!isGood && !expected.has(name)) lines.push(`${status} ${JSON.stringify(name)}: ${message}`);
    if (isGood && expected.has(name)) lines.push(`${status}, but expected to fail: ${JSON.stringify(name)}`);
  }
  const names = new Set(results.map(({ name }) => name));
  for (const name of expected.keys())
    if (!names.has(name)) lines.push(`expected to fail, but no case: ${JSON.stringify(name)}`);
  return lines;
}
