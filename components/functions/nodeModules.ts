import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { sha256Hex } from "@edge-fleet/runner/release/manifest";
import { packageDir } from "@edge-fleet/runner/supervisor/packageDir";
import type { Loader, OnLoadArgs, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";

const DIR = join(import.meta.dirname, "node");

/** Node's modules that functions have, each with the file that stands for it. */
const FILES: Readonly<Record<string, string>> = {
  buffer: "buffer.ts",
  crypto: "crypto.ts",
  events: "events.ts",
  path: "path.ts",
  "path/posix": "path.ts",
  querystring: "querystring.ts",
  url: "url.ts",
  util: "util.ts",
  "util/types": "types.ts",
};
export const NODE_MODULES: readonly string[] = Object.keys(FILES).map((name) => `node:${name}`);

/** Packages that these files are made of: no load of theirs has an effect, and two expect globals that isolates do not have. */
const PACKAGES = [
  "@noble/hashes",
  "base64-js",
  "buffer",
  "events",
  "ieee754",
  "node-inspect-extracted",
  "path-browserify",
  "unenv",
];
const PRELUDES: Readonly<Record<string, string>> = {
  "node-inspect-extracted":
    "const globalThis = /* @__PURE__ */ Object.create(self, { Atomics: { value: {} }, FinalizationRegistry: { value: class {} } });",
  "path-browserify": 'const process = { cwd: () => "/" };',
};

/** Changes with the files and the packages. */
export const NODE_MODULES_ID = sha256Hex(
  [...new Set(Object.values(FILES))].map((file) => readFileSync(join(DIR, file), "utf8")).join("") +
    PACKAGES.map((name) => readFileSync(join(packageDir(name), "package.json"), "utf8")).join(""),
);

/** Whose names in the bundle do not depend on where the project lies. */
const NAMESPACE = "node";
/** What `require` gives: the default export. */
const REQUIRED = "node-required";
const OURS = { ours: true };

/** Gives functions the subset of Node's modules that can be honest in an isolate; who imports none pays nothing. */
export const nodeModules: Plugin = {
  name: "node-modules",
  setup(build) {
    build.onResolve({ filter: /^(node:)?[a-z_/]+$/ }, (args) => resolveBuiltin(build, args));
    build.onResolve({ filter: /.*/, namespace: NAMESPACE }, (args) => resolveInside(build, args));
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, load);
    build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)}).default;`,
      resolveDir: DIR,
      pluginData: OURS,
    }));
  },
};

async function resolveBuiltin(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, kind, importer, resolveDir, namespace, pluginData } = args;
  const name = path.replace(/^node:/, "");
  const file = FILES[name];
  if (file === undefined || !isBuiltin(path) || pluginData === SEARCHING) return undefined;
  // A package of the same name is the project's own choice.
  if (!path.startsWith("node:") && namespace === "file") {
    const own = await build.resolve(path, { kind, importer, resolveDir, pluginData: SEARCHING });
    if (own.errors.length === 0 && own.namespace === "file") return own;
  }
  if (kind === "require-call" && pluginData !== OURS) return { path: `node:${name}`, namespace: REQUIRED };
  return named(join(DIR, file));
}

const SEARCHING = { searching: true };

/** What these files import: each other, and the packages of this program. */
async function resolveInside(
  build: PluginBuild,
  { path, kind, pluginData }: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (isBuiltin(path) && path.startsWith("node:")) return undefined;
  const found = await build.resolve(path, {
    kind,
    resolveDir: dirname((pluginData as { file: string }).file),
    pluginData: SEARCHING,
  });
  return found.errors.length > 0 ? { errors: found.errors } : named(found.path);
}

function named(file: string): OnResolveResult {
  const inPackages = file.lastIndexOf("node_modules/");
  const path = inPackages === -1 ? relative(DIR, file) : file.slice(inPackages);
  return { path, namespace: NAMESPACE, pluginData: { file }, sideEffects: false };
}

function load({ pluginData }: OnLoadArgs) {
  const { file } = pluginData as { file: string };
  const owner = Object.keys(PRELUDES).find((name) => file.includes(`node_modules/${name}/`));
  const loader: Loader = extname(file) === ".ts" ? "ts" : "js";
  const contents = `${owner === undefined ? "" : `${PRELUDES[owner]} `}${readFileSync(file, "utf8")}`;
  return { contents, loader, pluginData: { file } };
}
