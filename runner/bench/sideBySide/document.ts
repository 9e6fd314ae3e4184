import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Results, reportOf } from "./report.ts";

const DOCS = join(import.meta.dirname, "../../../docs");
const BEGIN = "<!-- bench:runner: written by `npm run bench:runner` -->";
const END = "<!-- bench:runner: end -->";

/** Writes the report into `docs/measurements.md`, and all figures beside it. */
export function writeDocuments(results: Results): void {
  const page = join(DOCS, "measurements.md");
  writeFileSync(page, replaceSection(readFileSync(page, "utf8"), reportOf(results)));
  const figures = join(DOCS, "measurements", "bench-runner.json");
  mkdirSync(dirname(figures), { recursive: true });
  writeFileSync(figures, `${JSON.stringify(results, null, 2)}\n`);
}

/** @throws Error when the page has no place for the report */
export function replaceSection(page: string, report: string): string {
  const from = page.indexOf(BEGIN);
  const to = page.indexOf(END);
  if (from < 0 || to < from) throw new Error(`docs/measurements.md needs the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, from)}${BEGIN}\n\n${report}\n\n${page.slice(to)}`;
}
