import { type FunctionLimits, LIMITS } from "@edge-fleet/runner/limits";
import { bundleBytes, MODULE_BYTES_MAX } from "@edge-fleet/runner/release/functionManifest";
import { sha256Hex } from "@edge-fleet/runner/release/manifest";
import { MODULES_IMPORT } from "@edge-fleet/runner/release/modulesImport";
import type { ModuleRef } from "@edge-fleet/runner/release/types";
import { type BuildFailure, type BuildOptions, type BuildResult, build, type Plugin, version } from "esbuild";
import { functionFile } from "./discover.ts";
import { ModuleImports } from "./moduleImports.ts";
import { NODE_MODULES_ID, nodeModules } from "./nodeModules.ts";
import { BundleError, problemOf } from "./problems.ts";

/** Module name of every function's code; its source map is this with `.map`. */
export const ENTRY = "index.mjs";

/** Exports of which a function has one at least. */
const HANDLER_EXPORTS = ["default", "fetch", "handler", "scheduled"];

export interface Bundle {
  readonly modules: readonly ModuleRef[];
  /** Content by SHA-256. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  /** Files that went in, relative to the project. */
  readonly inputs: readonly string[];
}

/** esbuild would leave these imports in the bundle, where nothing can load them. */
const refuseUrlImports: Plugin = {
  name: "refuse-url-imports",
  setup({ onResolve }) {
    onResolve({ filter: /^(https?:)?\/\// }, ({ path }) => ({
      errors: [{ text: `"${path}" is a URL: install the package with npm and import it by name` }],
    }));
  },
};

const OPTIONS = {
  bundle: true,
  write: false,
  metafile: true,
  logLevel: "silent",
  format: "esm",
  // No Node, no DOM: packages are asked for what they ship for Workers.
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["worker", "browser", "import"],
  target: "es2024",
  // Not minified: stack traces name lines and functions that people know, and V8 compiles lazily anyway.
  minify: false,
  // The map goes to the node beside the code; with the sources in it, it would be larger than the code.
  sourcemap: "external",
  sourcesContent: false,
  define: { "process.env.NODE_ENV": '"production"' },
  // Names in the output are paths in the project even where node_modules is a link to another checkout's.
  preserveSymlinks: true,
} as const satisfies BuildOptions;

/** Changes whenever the same sources could give another bundle. */
export const BUNDLER_ID = sha256Hex(JSON.stringify([version, OPTIONS, MODULES_IMPORT, NODE_MODULES_ID]));

/**
 * Bundles `functions/<name>.ts` with all it imports into one module of code, and one for each WebAssembly, text or data file that
 * it imports. The bytes depend on the sources alone, not on where the project lies.
 *
 * @throws BundleError with every problem, its file and line, and a remedy.
 */
export async function bundleFunction(projectDir: string, name: string, limits: BundleLimits): Promise<Bundle> {
  return bundleFile(projectDir, functionFile(name), { name, limits, plugins: [] });
}

type BundleLimits = Pick<FunctionLimits, "bundleBytes" | "heapMb">;

export interface BundleOptions {
  /** Function whose limits are said to be too low. */
  readonly name: string;
  readonly limits: BundleLimits;
  /** Asked before the project's own files and packages are looked for. */
  readonly plugins: readonly Plugin[];
}

/** The same for another file: one that is made from functions, a test of theirs for instance. */
export async function bundleFile(
  projectDir: string,
  file: string,
  { name, limits, plugins }: BundleOptions,
): Promise<Bundle> {
  const imports = new ModuleImports(projectDir, limits.heapMb);
  const result = await buildWhole(projectDir, file, [refuseUrlImports, ...plugins, nodeModules, imports.plugin]);
  const [output] = Object.values(result.metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  if (output === undefined || !HANDLER_EXPORTS.some((name) => output.exports.includes(name))) {
    const remedy = "Write `export default { async fetch(request, env, context) { … } }`.";
    throw new BundleError([{ at: file, problem: `exports none of ${HANDLER_EXPORTS.join(", ")}`, remedy }]);
  }
  const used = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const imported = imports.among(used.map(([input]) => input));
  const modules: ModuleRef[] = [];
  const bytes = new Map<string, Uint8Array>();
  const add = (module: Pick<ModuleRef, "name" | "type">, content: Uint8Array) => {
    if (modules.some((other) => other.name === module.name)) return;
    const sha256 = sha256Hex(content);
    bytes.set(sha256, content);
    modules.push({ ...module, sha256, bytes: content.length });
  };
  for (const { path, contents } of result.outputFiles.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    if (!path.endsWith(".map"))
      add({ name: ENTRY, type: "esm" }, imported.length > 0 ? withImport(contents) : contents);
    // A map only makes stack traces nicer.
    else if (contents.length <= MODULE_BYTES_MAX) add({ name: `${ENTRY}.map`, type: "map" }, contents);
  }
  for (const module of imported) add({ name: module.name, type: module.type }, module.bytes);
  const total = bundleBytes(modules);
  if (total > limits.bundleBytes) {
    const sizes = new Map(used.map(([input, { bytesInOutput }]) => [input, bytesInOutput]));
    for (const [input] of used) for (const module of imports.among([input])) sizes.set(input, module.bytes.length);
    const parts = [...sizes].map(([input, size]) => ({ file: imports.fileOf(input), bytes: size }));
    throw tooLarge(name, total, limits.bundleBytes, parts);
  }
  const inputs = new Set(Object.keys(result.metafile.inputs).map((input) => imports.fileOf(input)));
  return { modules, bytes, inputs: [...inputs].sort() };
}

/** On the first line, so that all others keep their numbers. */
function withImport(contents: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(MODULES_IMPORT.statement), contents]);
}

type WholeResult = BuildResult<typeof OPTIONS>;

async function buildWhole(projectDir: string, file: string, plugins: Plugin[]): Promise<WholeResult> {
  try {
    return await build({ ...OPTIONS, plugins, absWorkingDir: projectDir, entryPoints: [file], outfile: ENTRY });
  } catch (error) {
    const { errors } = error as BuildFailure;
    if (!Array.isArray(errors)) throw error;
    throw new BundleError(errors.map((message) => problemOf(message, file)));
  }
}

function tooLarge(
  name: string,
  bytes: number,
  most: number,
  parts: readonly { readonly file: string; readonly bytes: number }[],
): BundleError {
  const largest = parts.toSorted((a, b) => b.bytes - a.bytes);
  const names = largest.slice(0, 3).map((part) => `${part.file} (${part.bytes} bytes)`);
  const problem = `its bundle has ${bytes} bytes, its limit bundleBytes is ${most}`;
  const { ceiling } = LIMITS.bundleBytes;
  const raise =
    most < ceiling ? `Raise edge-fleet:functions.${name}.limits.bundleBytes (at most ${ceiling}), or import` : "Import";
  const remedy = `${raise} less; the largest parts are ${names.join(", ")}.`;
  return new BundleError([{ at: functionFile(name), problem, remedy }]);
}
