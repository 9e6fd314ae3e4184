import { LIMITS } from "@edge-fleet/runner/limits";
import { MODULE_BYTES_MAX } from "@edge-fleet/runner/release/functionManifest";
import { sha256Hex } from "@edge-fleet/runner/release/manifest";
import type { ModuleRef } from "@edge-fleet/runner/release/types";
import { type BuildFailure, type BuildOptions, type BuildResult, build, type Plugin, version } from "esbuild";
import { functionFile } from "./discover.ts";
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
export const BUNDLER_ID = sha256Hex(JSON.stringify([version, OPTIONS]));

/**
 * Bundles `functions/<name>.ts` with all it imports into one module. The bytes depend on the sources alone, not on
 * where the project lies.
 *
 * @throws BundleError with every problem, its file and line, and a remedy.
 */
export async function bundleFunction(projectDir: string, name: string, bundleBytes: number): Promise<Bundle> {
  const file = functionFile(name);
  const result = await buildWhole(projectDir, file);
  const [output] = Object.values(result.metafile.outputs).filter(({ entryPoint }) => entryPoint !== undefined);
  if (output === undefined || !HANDLER_EXPORTS.some((name) => output.exports.includes(name))) {
    const remedy = "Write `export default { async fetch(request, env, context) { … } }`.";
    throw new BundleError([{ at: file, problem: `exports none of ${HANDLER_EXPORTS.join(", ")}`, remedy }]);
  }
  const modules: ModuleRef[] = [];
  const bytes = new Map<string, Uint8Array>();
  for (const { path, contents } of result.outputFiles.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const isMap = path.endsWith(".map");
    // A map only makes stack traces nicer.
    if (isMap && contents.length > MODULE_BYTES_MAX) continue;
    if (!isMap && contents.length > bundleBytes) throw tooLarge(name, contents.length, bundleBytes, output.inputs);
    const sha256 = sha256Hex(contents);
    bytes.set(sha256, contents);
    modules.push({ name: isMap ? `${ENTRY}.map` : ENTRY, type: isMap ? "map" : "esm", sha256, bytes: contents.length });
  }
  return { modules, bytes, inputs: Object.keys(result.metafile.inputs).sort() };
}

type WholeResult = BuildResult<typeof OPTIONS>;

async function buildWhole(projectDir: string, file: string): Promise<WholeResult> {
  try {
    const plugins = [refuseUrlImports];
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
  bundleBytes: number,
  inputs: Readonly<Record<string, { bytesInOutput: number }>>,
): BundleError {
  const largest = Object.entries(inputs).toSorted(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  const names = largest.slice(0, 3).map(([path, { bytesInOutput }]) => `${path} (${bytesInOutput} bytes)`);
  const problem = `its bundle has ${bytes} bytes, its limit bundleBytes is ${bundleBytes}`;
  const { ceiling } = LIMITS.bundleBytes;
  const raise =
    bundleBytes < ceiling
      ? `Raise edge-fleet:functions.${name}.limits.bundleBytes (at most ${ceiling}), or import`
      : "Import";
  const remedy = `${raise} less; the largest parts are ${names.join(", ")}.`;
  return new BundleError([{ at: functionFile(name), problem, remedy }]);
}
