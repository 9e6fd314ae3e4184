import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { DEFAULT_LIMITS } from "@edge-fleet/runner/limits";
import type { FunctionConfig } from "../config/fleetConfig.ts";

export const PROJECT_DIR = join(import.meta.dirname, "../..");
/** Sources of a test lie in the past, as a person's do, so that the cache may trust their times. */
const SAVED_AT = new Date("2026-01-01");

export async function projectOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-functions-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await save(join(folder, name), text);
  return folder;
}

export async function save(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await utimes(path, SAVED_AT, SAVED_AT);
}

export function configOf(name: string): FunctionConfig {
  return {
    name,
    routes: [{ host: null, methods: [], path: `/${name}/*`, priority: 0 }],
    limits: DEFAULT_LIMITS,
    env: {},
    secrets: {},
    bindings: {},
    egress: { allow: null },
    isolation: "shared",
    schedules: [],
    passThrough: null,
    container: null,
    policies: null,
    cache: { onDeploy: "keep" },
    regions: ["us-east-1", "eu-central-1"],
  };
}

export const PACKAGE = {
  "node_modules/greeting/package.json":
    '{"name":"greeting","type":"module","exports":{"worker":"./worker.js","default":"./node.js"}}',
  "node_modules/greeting/worker.js": 'export const greeting = "from the worker build";',
  "node_modules/greeting/node.js": 'export { readFileSync as greeting } from "node:fs";',
};
export const HELLO =
  'import { greeting } from "greeting";\nexport default { fetch: (): Response => new Response(greeting) };';
