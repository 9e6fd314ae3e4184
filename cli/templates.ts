import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { CommandError, UsageError } from "./errors.ts";

const FUNCTIONS = join(PACKAGE_DIR, "functions");
/** Where ready functions lie: those that are served as they are, and those to copy. */
const FOLDERS = [FUNCTIONS, join(FUNCTIONS, "ready")];
/** `import x from "./y"`, `import "../z"`. */
const RELATIVE_IMPORT = /(?:from|import) "(\.\.?\/[^"]+)"/g;

/** Ready functions by name, each with the folder that has it. */
export function findTemplates(): ReadonlyMap<string, string> {
  const found = FOLDERS.flatMap((folder) =>
    readdirSync(folder).flatMap((file) =>
      /^[a-z0-9-]+\.ts$/.test(file) ? [[file.slice(0, -".ts".length), folder] as const] : [],
    ),
  );
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Copies a ready function into a project's `functions/` with what lies beside it: its test, modules, assets, and what they import.
 *
 * @returns files that were written, relative to the project
 * @throws CommandError where a file is there already; then nothing is written
 */
export function copyTemplate(template: string, name: string, projectDir: string): string[] {
  const folder = findTemplates().get(template);
  if (folder === undefined) throw new UsageError(`there is no template ${template}`);
  if (name !== template && existsSync(join(folder, `${template}.assets`))) {
    throw new UsageError(`${template} keeps its name: the paths of its static assets have it. Leave out the name`);
  }
  const target = join(projectDir, "functions");
  const files = new Map<string, string>();
  const add = (source: string) => {
    // What all share lies beside the folder of ready ones, and in a project below `functions/`.
    const to = renamed(relative(folder, source).replace(/^\.\.\//, ""), template, name);
    if (files.has(to) || !existsSync(source)) return;
    files.set(to, source);
    if (!source.endsWith(".ts") && !source.endsWith(".tsx")) return;
    for (const [, path] of readFileSync(source, "utf8").matchAll(RELATIVE_IMPORT))
      add(join(dirname(source), path as string));
  };
  for (const own of [`${template}.ts`, `${template}.test.ts`]) add(join(folder, own));
  for (const own of [template, `${template}.assets`]) {
    if (!existsSync(join(folder, own))) continue;
    for (const entry of readdirSync(join(folder, own), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) add(join(entry.parentPath, entry.name));
    }
  }
  const isOwn = (to: string) => to.split("/")[0]?.replace(/\..*$/, "") === name;
  const wanted = [...files].filter(([to]) => isOwn(to) || !existsSync(join(target, to)));
  const taken = wanted.map(([to]) => to).find((to) => existsSync(join(target, to)));
  if (taken !== undefined)
    throw new CommandError(`functions/${taken} is there already; give the function another name`);
  for (const [to, source] of wanted) write(source, join(target, to), template, name);
  return wanted.map(([to]) => `functions/${to}`).sort();
}

/** The config that `functions/README.md` gives for a ready function, under the new name; null where it needs none. */
export function templateConfig(template: string, name: string): string | null {
  const text = readFileSync(join(FUNCTIONS, "README.md"), "utf8");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${template}\n`));
  const lines = /```yaml\nedge-fleet:functions:\n(.*?)```/s.exec(section ?? "")?.[1];
  if (lines === undefined || lines.trim() === `${template}: {}`) return null;
  return `  edge-fleet:functions:\n${lines
    .replace(new RegExp(`^  ${template}:`, "m"), `  ${name}:`)
    .replaceAll(/^/gm, "  ")
    .trimEnd()}`;
}

function renamed(path: string, template: string, name: string): string {
  const [first = "", ...rest] = path.split("/");
  const fits = first === template || first.startsWith(`${template}.`);
  return [fits ? `${name}${first.slice(template.length)}` : first, ...rest].join("/");
}

function write(source: string, target: string, template: string, name: string): void {
  mkdirSync(dirname(target), { recursive: true });
  if (!/\.tsx?$/.test(source)) {
    cpSync(source, target);
    return;
  }
  const text = readFileSync(source, "utf8");
  writeFileSync(
    target,
    text
      .replaceAll(`"./${template}/`, `"./${name}/`)
      .replaceAll(`"./${template}.ts"`, `"./${name}.ts"`)
      .replaceAll('"../testing/', '"./testing/')
      // What it says of its config.
      .replaceAll(`edge-fleet:functions.${template}.`, `edge-fleet:functions.${name}.`),
  );
}
