import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuildOptions } from "esbuild";
import { packageDir } from "./packageDir.ts";

const RUNNER_DIR = join(import.meta.dirname, "..");
/** Packages that bundles are made of or with. */
const PACKAGES = ["core-js", "esbuild", "isolated-vm", "web-streams-polyfill"];
const ISOLATED_VM = join(packageDir("isolated-vm"), "isolated-vm.js");

const COMMON: BuildOptions = { bundle: true, write: false, target: "es2024", legalComments: "none" };
/** Plain JavaScript: loading TypeScript costs each process 18 MB and a fifth of a second. */
const PROCESS: BuildOptions = {
  ...COMMON,
  format: "esm",
  platform: "node",
  alias: { "isolated-vm": ISOLATED_VM },
  external: [ISOLATED_VM],
};
const PLATFORM: BuildOptions = {
  ...COMMON,
  format: "iife",
  platform: "neutral",
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
};
const BUNDLES = {
  router: { ...PROCESS, entryPoints: ["router/main.ts"] },
  broker: { ...PROCESS, entryPoints: ["broker/main.ts"] },
  worker: { ...PROCESS, entryPoints: ["worker/main.ts"] },
  probe: { ...PROCESS, entryPoints: ["supervisor/sandbox/probe.ts"] },
  snapshot: { ...PROCESS, entryPoints: ["snapshot/main.ts"] },
  stackMapper: { ...PROCESS, entryPoints: ["stackMapper/main.ts"] },
  platform: { ...PLATFORM, entryPoints: ["platform/main.ts"] },
} as const satisfies Record<string, BuildOptions>;

type BundleName = keyof typeof BUNDLES;
/** Paths of the bundles. */
export type Bundles = Readonly<Record<BundleName, string>>;

/** The runner's other processes and the isolates' platform, one file each; made again when a source has changed. */
export async function bundles(cacheDir: string): Promise<Bundles> {
  const hash = sourcesHash();
  const names = Object.keys(BUNDLES) as BundleName[];
  const paths = Object.fromEntries(names.map((name) => [name, join(cacheDir, `${name}-${hash}.mjs`)]));
  const missing = names.filter((name) => !existsSync(paths[name] as string));
  if (missing.length > 0) {
    mkdirSync(cacheDir, { recursive: true, mode: 0o711 });
    // Loaded only when there is something to bundle: it is as large as the rest of the process, and keeps one of its own.
    const esbuild = await import("esbuild");
    await Promise.all(missing.map((name) => bundle(esbuild, name, paths[name] as string)));
    await esbuild.stop();
  }
  return paths as Bundles;
}

async function bundle({ build }: typeof import("esbuild"), name: BundleName, path: string): Promise<void> {
  const result = await build({ ...BUNDLES[name], absWorkingDir: RUNNER_DIR });
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
