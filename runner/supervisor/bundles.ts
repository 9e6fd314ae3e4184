import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import { BUNDLES, type BundleName, type Bundles, EXTERNAL } from "./bundleTable.ts";
import { packageDir } from "./packageDir.ts";

const RUNNER_DIR = join(import.meta.dirname, "..");
/** Packages that bundles are made of or with. */
const PACKAGES = ["@exodus/bytes", "croner", "esbuild", "isolated-vm", "pg", "web-streams-polyfill"];
const NAMES = Object.keys(BUNDLES) as BundleName[];
const ISOLATED_VM = join(packageDir("isolated-vm"), "isolated-vm.js");

/** In a folder without packages a bundle finds isolated-vm by its whole path. */
const FROM_CACHE: BuildOptions = { alias: { "isolated-vm": ISOLATED_VM }, external: [ISOLATED_VM, ...EXTERNAL] };
/** Bundles of sources that are no more: kept for a supervisor that is just going. */
const OLD_KEPT = 1;

/**
 * The runner's other processes and the isolates' platform, one file each: those beside this file in an image, else made
 * again when a source has changed.
 */
export async function bundles(cacheDir: string): Promise<Bundles> {
  const built = Object.fromEntries(NAMES.map((name) => [name, join(import.meta.dirname, `${name}.mjs`)]));
  if (existsSync(built.router as string)) return built as Bundles;
  const hash = sourcesHash();
  const paths = Object.fromEntries(NAMES.map((name) => [name, join(cacheDir, `${name}-${hash}.mjs`)]));
  const missing = NAMES.filter((name) => !existsSync(paths[name] as string));
  if (missing.length > 0) {
    mkdirSync(cacheDir, { recursive: true, mode: 0o711 });
    // Loaded only when there is something to bundle: it is as large as the rest of the process, and keeps one of its own.
    const esbuild = await import("esbuild");
    await Promise.all(missing.map((name) => bundle(esbuild, name, paths[name] as string)));
    await esbuild.stop();
    removeOld(cacheDir, hash);
  }
  return paths as Bundles;
}

async function bundle({ build }: typeof import("esbuild"), name: BundleName, path: string): Promise<void> {
  const result = await build({
    ...BUNDLES[name],
    ...(name === "platform" ? {} : FROM_CACHE),
    absWorkingDir: RUNNER_DIR,
  });
  const temporary = `${path}.${process.pid}`;
  try {
    // Ours and public: a worker reads its own as a user of its own.
    writeFileSync(temporary, result.outputFiles?.[0]?.text ?? "", { mode: 0o644 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Takes away bundles of older sources, but for the newest of them. */
function removeOld(cacheDir: string, hash: string): void {
  const made = readdirSync(cacheDir).flatMap((file) => {
    const [, name, of] = /^(\w+)-([0-9a-f]{16})\.mjs$/.exec(file) ?? [];
    return of === undefined || of === hash || !NAMES.includes(name as BundleName) ? [] : [{ file, of }];
  });
  const madeMs = (of: string) =>
    Math.max(...made.filter((entry) => entry.of === of).map(({ file }) => statSync(join(cacheDir, file)).mtimeMs));
  const newestFirst = [...new Set(made.map(({ of }) => of))]
    .map((of) => ({ of, ms: madeMs(of) }))
    .sort((a, b) => b.ms - a.ms);
  const gone = new Set(newestFirst.slice(OLD_KEPT).map(({ of }) => of));
  for (const { file, of } of made) if (gone.has(of)) rmSync(join(cacheDir, file), { force: true });
}

function sourcesHash(): string {
  const hash = createHash("sha256");
  for (const name of PACKAGES) hash.update(readFileSync(join(packageDir(name), "package.json")));
  for (const name of sources()) hash.update(name).update(readFileSync(join(RUNNER_DIR, name)));
  return hash.digest("hex").slice(0, 16);
}

function sources(): string[] {
  return (readdirSync(RUNNER_DIR, { recursive: true }) as string[])
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("node_modules"))
    .sort();
}
