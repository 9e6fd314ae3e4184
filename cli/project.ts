import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { choose } from "../components/config/explain.ts";
import type { FleetConfig } from "../components/config/fleetConfig.ts";
import { parseFleetConfig } from "../components/config/parse.ts";
import { discoverFunctions } from "../components/functions/discover.ts";
import { CommandError, UsageError } from "./errors.ts";

const PROJECT_FILE = "Pulumi.yaml";
const NAMESPACE = "edge-fleet:";
const NAMED = /^Pulumi\.(.+)\.ya?ml$/;

/**
 * The project that a folder belongs to: the nearest one upwards with `Pulumi.yaml`.
 * @throws UsageError where there is none
 */
export function findProject(from: string): string {
  for (let dir = resolve(from); ; dir = dirname(dir)) {
    if (existsSync(join(dir, PROJECT_FILE))) return dir;
    if (dir === dirname(dir))
      throw new UsageError(`${from} is in no edge-fleet project (a folder with ${PROJECT_FILE})`);
  }
}

/** A stack's config file. @throws UsageError with the stacks that there are */
export function stackFile(projectDir: string, stack: string): string {
  const dir = stacksDir(projectDir);
  const files = new Map(
    (existsSync(dir) ? readdirSync(dir) : []).flatMap((file) => {
      const name = NAMED.exec(file)?.[1];
      return name === undefined ? [] : [[name, join(dir, file)] as const];
    }),
  );
  const file = files.get(stack);
  if (file !== undefined) return file;
  const remedy = files.size === 0 ? `There is none in ${dir}.` : choose(stack, [...files.keys()].sort());
  throw new UsageError(`--env ${stack}: there is no such stack. ${remedy}`);
}

function stacksDir(projectDir: string): string {
  const project = readYaml(join(projectDir, PROJECT_FILE)) as { stackConfigDir?: unknown } | null;
  return join(projectDir, typeof project?.stackConfigDir === "string" ? project.stackConfigDir : ".");
}

/**
 * A stack's config, read from its file as Pulumi would hand it to the program.
 * @throws ConfigError with everything that is wrong
 */
export function readStackConfig(projectDir: string, stack: string): FleetConfig {
  const file = stackFile(projectDir, stack);
  const config = (readYaml(file) as { config?: Readonly<Record<string, unknown>> } | null)?.config ?? {};
  const own = Object.entries(config).flatMap(([key, value]) =>
    key.startsWith(NAMESPACE) ? [[key.slice(NAMESPACE.length), value] as const] : [],
  );
  return parseFleetConfig(Object.fromEntries(own), {
    stack,
    functionNames: discoverFunctions(projectDir),
    secretKeys: own.flatMap(([key, value]) => (isSecret(value) ? [key] : [])),
  });
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "secure");
}

function readYaml(file: string): unknown {
  const document = parseDocument(readFileSync(file, "utf8"));
  const [error] = document.errors;
  if (error !== undefined) throw new CommandError(`${file}: ${error.message}`);
  return document.toJS();
}
