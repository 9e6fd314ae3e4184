import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { DEFAULT_LIMITS, LIMITS } from "@edge-fleet/runner/limits";
import { writeWhole } from "@edge-fleet/runner/release/files";
import { functionVersion } from "@edge-fleet/runner/release/manifest";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import type { Plugin } from "esbuild";
import type { FleetConfig } from "../../components/config/fleetConfig.ts";
import { bundleFile, ENTRY } from "../../components/functions/bundle.ts";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import { modulesDir } from "./build.ts";

const HERE = join(import.meta.dirname, "testing");

/** What tests import and functions do not have. */
const SHIMS: Readonly<Record<string, string>> = {
  "node:test": join(HERE, "nodeTest.ts"),
  "node:assert": join(HERE, "nodeAssert.ts"),
  "node:assert/strict": join(HERE, "nodeAssert.ts"),
  "edge-fleet/test": join(PACKAGE_DIR, "adapters/test.ts"),
};

const shims: Plugin = {
  name: "test-shims",
  setup({ onResolve }) {
    onResolve({ filter: /^(node:(test|assert|assert\/strict)|edge-fleet\/test)$/ }, ({ path }) => ({
      path: SHIMS[path] as string,
    }));
  },
};

/** CPU time of a test, in requests of its function. */
const TEST_CPU_FACTOR = 5;

export interface TestBundle {
  /** Relative to the project. */
  readonly file: string;
  readonly manifest: FunctionManifest;
}

/**
 * A test file as a function, with what the function of the same name has: `functions/hello.test.ts` has the variables, secrets and
 * bindings of `hello`, and its limits. A test is many requests, so it has {@link TEST_CPU_FACTOR} times the CPU time, and as much wall time and as large a
 * bundle as there can be.
 *
 * @param file relative to the project
 * @throws BundleError
 */
export async function buildTest(projectDir: string, config: FleetConfig, file: string): Promise<TestBundle> {
  const subject = config.functions.find(({ name }) => `${name}.test.ts` === basename(file));
  const limits = { ...(subject?.limits ?? DEFAULT_LIMITS) };
  for (const limit of ["wallMs", "startMs", "bundleBytes"] as const) limits[limit] = LIMITS[limit].ceiling;
  limits.cpuMs = Math.min(limits.cpuMs * TEST_CPU_FACTOR, LIMITS.cpuMs.ceiling);
  const name = testName(file);
  const entry = join(projectDir, ".edge/build/tests", `${name}.ts`);
  mkdirSync(dirname(entry), { recursive: true });
  const lines = [
    `import ${JSON.stringify(join(projectDir, file))};`,
    `export { default } from ${JSON.stringify(join(HERE, "harness.ts"))};`,
  ];
  writeFileSync(entry, `${lines.join("\n")}\n`);
  const bundle = await bundleFile(projectDir, relative(projectDir, entry), { name, limits, plugins: [shims] });
  const folder = modulesDir(projectDir);
  mkdirSync(folder, { recursive: true });
  for (const [sha256, bytes] of bundle.bytes) await writeWhole(join(folder, sha256), bytes);
  const content: Omit<FunctionManifest, "version"> = {
    name,
    entry: ENTRY,
    modules: bundle.modules,
    assets: [],
    routes: [{ host: null, methods: [], path: `/${name}/*`, priority: 0 }],
    limits,
    env: subject?.env ?? {},
    secrets: subject?.secrets ?? {},
    bindings: subject?.bindings ?? {},
    egress: subject?.egress ?? { allow: null },
    isolation: "shared",
    schedules: [],
    passThrough: null,
    regions: [],
  };
  return { file, manifest: { ...content, version: functionVersion(content) } };
}

/** A function's name for a file: it says which, and no two are the same. */
function testName(file: string): string {
  const word = basename(file, ".test.ts")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return `test-${word.slice(0, 30)}-${createHash("sha256").update(file).digest("hex").slice(0, 8)}`;
}
