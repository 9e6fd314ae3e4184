import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const DOCS = join(import.meta.dirname, "../../../docs");

/** Writes a benchmark's report into its section of `docs/measurements.md`, and all figures beside it. @param name of its npm script */
export function writeDocuments(name: string, report: string, figures: unknown): void {
  const page = join(DOCS, "measurements.md");
  writeFileSync(page, replaceSection(readFileSync(page, "utf8"), name, report));
  const file = join(DOCS, "measurements", `${name.replace(":", "-")}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

/** @throws Error when the page has no place for the report */
export function replaceSection(page: string, name: string, report: string): string {
  const begin = `<!-- ${name}: written by \`npm run ${name}\` -->`;
  const end = `<!-- ${name}: end -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/measurements.md needs the lines ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${report}\n\n${page.slice(to)}`;
}
