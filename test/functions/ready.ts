import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { FunctionConfig } from "../../components/config/fleetConfig.ts";
import { parseFleetConfig } from "../../components/config/parse.ts";
import { assetsOf } from "../../components/functions/assets.ts";
import { type Bundle, bundleFunction } from "../../components/functions/bundle.ts";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import type { TestFunction, TestRunner } from "../../runner/runnerFixture.ts";

const FOLDER = join(PACKAGE_DIR, "functions/ready");
export const README = readFileSync(join(PACKAGE_DIR, "functions/README.md"), "utf8");

export const READY = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map((file) => file.slice(0, -".ts".length));

/** Ready functions as the README configures them, beside the local stack's own config. Throws what is wrong with that. */
export function documentedConfigs(): ReadonlyMap<string, FunctionConfig> {
  const documented = [...README.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, text = ""]) => parse(text)["edge-fleet:functions"] as Record<string, unknown>,
  );
  const stack = parse(readFileSync(join(PACKAGE_DIR, "stacks/Pulumi.local.yaml"), "utf8")) as {
    config: Record<string, unknown>;
  };
  const keys = Object.entries(stack.config).map(([key, value]) => [key.replace("edge-fleet:", ""), value] as const);
  const raw = { ...Object.fromEntries(keys), functions: Object.assign({}, ...documented) };
  const { functions } = parseFleetConfig(raw, { stack: "local", functionNames: READY });
  return new Map(functions.map((config) => [config.name, config]));
}

/** Bundled as the program bundles functions. */
export function bundleOf({ name, limits }: FunctionConfig): Promise<Bundle> {
  return bundleFunction(PACKAGE_DIR, `ready/${name}`, limits);
}

/** A ready function with its documented config, of which a test changes `env`: its servers are on this machine. */
export async function readyFunction(
  config: FunctionConfig,
  env: Readonly<Record<string, string>>,
): Promise<TestFunction> {
  const { modules, bytes } = await bundleOf(config);
  const content = (sha256: string) => bytes.get(sha256) as Uint8Array;
  const [code] = modules.filter(({ type }) => type === "esm");
  const { refs, files } = assetsOf(PACKAGE_DIR, `ready/${config.name}`, config.limits);
  return {
    code: Buffer.from(content(code?.sha256 as string)).toString(),
    imports: Object.fromEntries(
      modules
        .filter(({ type }) => type === "wasm" || type === "text" || type === "data")
        .map(({ name, type, sha256 }) => [name, { type: type as "wasm", bytes: content(sha256) }]),
    ),
    ...(refs.length > 0 && {
      assets: Object.fromEntries(
        refs.map(({ name, sha256 }) => [name, readFileSync(files.get(sha256) as string, "utf8")]),
      ),
    }),
    routes: config.routes,
    limits: config.limits,
    env: { ...config.env, ...env },
    secrets: config.secrets,
    bindings: config.bindings,
    schedules: config.schedules,
  };
}

/** Runs a schedule of a function now. */
export async function runSchedule(runner: TestRunner, { name, schedules }: FunctionConfig): Promise<string> {
  const order = { function: name, ...schedules[0], scheduledTime: Date.now(), fencing: 1 };
  const { body } = await runner.ask("/runs", { method: "POST", body: JSON.stringify(order) });
  return (JSON.parse(body) as { outcome: string }).outcome;
}
