import { BOUND_KIND_NAMES } from "../bindings/kinds.ts";
import { type FunctionLimits, LIMIT_NAMES, LIMITS } from "../limits.ts";
import { validatePolicies } from "../policies/validatePolicies.ts";
import { PRIORITY, type Route, routeFault } from "../routes/route.ts";
import { cronFault } from "../schedules/cron.ts";
import { SCHEDULE_SCOPES } from "../schedules/schedule.ts";
import { SECRET_REFERENCE } from "../secretReference.ts";
import { ReleaseError } from "./errors.ts";
import * as shape from "./shape.ts";
import {
  type ContentRef,
  type Egress,
  type FunctionManifest,
  MODULE_TYPES,
  type ModuleRef,
  ON_DEPLOY,
} from "./types.ts";

/** Largest module, bytes; hosted isolate platforms take scripts of up to 10 MB. */
export const MODULE_BYTES_MAX = 10 * 1024 * 1024;
export const ASSETS_PER_FUNCTION_MAX = 1_000;
const MODULES_PER_FUNCTION_MAX = 200;
export const ROUTES_PER_FUNCTION_MAX = 200;
export const SCHEDULES_PER_FUNCTION_MAX = 20;
const CRON_LENGTH_MAX = 100;
const SECRETS_PER_FUNCTION_MAX = 100;
export const BINDINGS_PER_FUNCTION_MAX = 100;
const EGRESS_RULES_MAX = 200;

export const FUNCTION_NAME = {
  regex: /^[a-z][a-z0-9-]{0,62}$/,
  gloss: "a lower-case letter, then up to 62 of a–z, 0–9 and -",
};
export const ENV_NAME = {
  regex: /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  gloss: "a variable's name",
};
/** What a binding stands for: a namespace, a database, a function. */
export const RESOURCE_NAME = {
  regex: /^[a-z][a-z0-9-]{0,62}$/,
  gloss: "a lower-case letter, then up to 62 of a–z, 0–9 and -",
};
export const EGRESS_RULE = {
  regex:
    /^(\*\.)?(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*(:([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?$/,
  gloss:
    "a lower-case host, *. before one, or either with a port: api.example.com, *.example.com, api.example.com:8443",
};
export const ORIGIN = {
  regex: /^https?:\/\/(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[1-9]\d{0,4})?$/,
  gloss: "an origin: https://, a host in lower case, and a port where it needs one",
};
const SHA256 = { regex: /^[0-9a-f]{64}$/, gloss: "a SHA-256 in lower-case hex" };
const VERSION = { regex: /^[0-9a-f]{16}$/, gloss: "16 lower-case hex digits" };
// No `..`, no leading slash: a module's name never leaves its function.
const MODULE_NAME = { regex: /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/, gloss: "a relative path without `..`" };
const ASSET_NAME = { regex: /^\/[^\0]{1,500}$/, gloss: "a path that begins with /, of up to 500 characters" };
const REGION = { regex: /^[a-z0-9-]{1,63}$/, gloss: "a region's name" };

const KEYS = [
  "name",
  "version",
  "entry",
  "modules",
  "assets",
  "routes",
  "limits",
  "env",
  "secrets",
  "bindings",
  "egress",
  "isolation",
  "schedules",
  "passThrough",
  "regions",
] as const satisfies readonly (keyof FunctionManifest)[];

/** Everything of a manifest but that its version fits its content. @throws ReleaseError naming key path and value. */
export function validateFunction(value: unknown, at: string): FunctionManifest {
  const { policies, cache, ...others } = shape.dictionary(value, at);
  const fields = shape.record(others, KEYS, at);
  shape.matching(fields.name, `${at}.name`, FUNCTION_NAME);
  shape.matching(fields.version, `${at}.version`, VERSION);
  shape.matching(fields.entry, `${at}.entry`, MODULE_NAME);
  const limits = validateLimits(fields.limits, `${at}.limits`);
  validateModules(fields.modules, `${at}.modules`, { entry: fields.entry as string, limits });
  validateAssets(fields.assets, `${at}.assets`, limits);
  shape.list(fields.routes, `${at}.routes`, ROUTES_PER_FUNCTION_MAX, validateRoute);
  const env = shape.dictionary(fields.env, `${at}.env`);
  for (const [name, entry] of Object.entries(env)) {
    shape.matching(name, `${at}.env`, ENV_NAME);
    shape.text(entry, `${at}.env.${name}`, 32_768);
  }
  validateSecrets(fields.secrets, `${at}.secrets`, env);
  validateBindings(fields.bindings, `${at}.bindings`, { ...env, ...(fields.secrets as object) });
  validateEgress(fields.egress, `${at}.egress`);
  shape.oneOf(fields.isolation, `${at}.isolation`, ["shared", "private"]);
  validateSchedules(fields.schedules, `${at}.schedules`);
  if (fields.passThrough !== null) shape.matching(fields.passThrough, `${at}.passThrough`, ORIGIN);
  shape.list(fields.regions, `${at}.regions`, 100, (region, where) => shape.matching(region, where, REGION));
  if (policies !== undefined) validatePolicies(policies, `${at}.policies`);
  if (cache !== undefined) {
    const { onDeploy } = shape.record(cache, ["onDeploy"], `${at}.cache`);
    shape.oneOf(onDeploy, `${at}.cache.onDeploy`, ON_DEPLOY);
  }
  return value as FunctionManifest;
}

function validateSchedules(value: unknown, at: string): void {
  const schedules = shape.list(value, at, SCHEDULES_PER_FUNCTION_MAX, (entry, where) => {
    const fields = shape.record(entry, ["cron", "scope"], where);
    const cron = shape.text(fields.cron, `${where}.cron`, CRON_LENGTH_MAX);
    const scope = shape.oneOf(fields.scope, `${where}.scope`, SCHEDULE_SCOPES);
    const fault = cronFault(cron);
    if (fault !== null) shape.wrong(`${where}.cron`, cron, `a cron expression, but it ${fault}`);
    return `${scope} ${cron}`;
  });
  if (new Set(schedules).size !== schedules.length) shape.wrong(at, schedules, "each schedule once");
}

function validateModules(
  value: unknown,
  at: string,
  { entry, limits }: { entry: string; limits: FunctionLimits },
): void {
  const modules = shape.list(value, at, MODULES_PER_FUNCTION_MAX, validateModule);
  const names = new Set(modules.map((module) => module.name));
  if (names.size !== modules.length) shape.wrong(at, [...names], "each name once");
  if (!modules.some(({ name, type }) => type === "esm" && name === entry)) {
    shape.wrong(at, [...names], `an esm module with the name of the entry, ${entry}`);
  }
  const bytes = bundleBytes(modules);
  if (bytes > limits.bundleBytes) {
    const what = `have ${bytes} bytes together, bundleBytes is ${limits.bundleBytes}; import less, or raise the limit`;
    throw new ReleaseError("ERR_RELEASE_SIZE", at, what);
  }
}

function validateAssets(value: unknown, at: string, limits: FunctionLimits): void {
  const assets = shape.list(value, at, ASSETS_PER_FUNCTION_MAX, (entry, where): ContentRef => {
    const fields = shape.record(entry, ["name", "sha256", "bytes"], where);
    shape.matching(fields.name, `${where}.name`, ASSET_NAME);
    shape.matching(fields.sha256, `${where}.sha256`, SHA256);
    shape.integer(fields.bytes, `${where}.bytes`, { min: 0, max: MODULE_BYTES_MAX });
    return entry as ContentRef;
  });
  if (new Set(assets.map(({ name }) => name)).size !== assets.length) shape.wrong(at, assets.length, "each name once");
  const bytes = assets.reduce((sum, asset) => sum + asset.bytes, 0);
  if (bytes <= limits.assetBytes) return;
  const what = `have ${bytes} bytes together, assetBytes is ${limits.assetBytes}; remove some, or raise the limit`;
  throw new ReleaseError("ERR_RELEASE_SIZE", at, what);
}

/** What counts towards the limit of the same name. */
export function bundleBytes(modules: readonly ModuleRef[]): number {
  return modules.reduce((sum, { type, bytes }) => (type === "map" ? sum : sum + bytes), 0);
}

function validateModule(value: unknown, at: string): ModuleRef {
  const fields = shape.record(value, ["name", "type", "sha256", "bytes"], at);
  shape.matching(fields.name, `${at}.name`, MODULE_NAME);
  shape.oneOf(fields.type, `${at}.type`, MODULE_TYPES);
  shape.matching(fields.sha256, `${at}.sha256`, SHA256);
  shape.integer(fields.bytes, `${at}.bytes`, { min: 0, max: MODULE_BYTES_MAX });
  return value as ModuleRef;
}

function validateRoute(value: unknown, at: string): Route {
  const fields = shape.record(value, ["host", "methods", "path", "priority"], at);
  if (fields.host !== null) shape.text(fields.host, `${at}.host`, 1_000);
  shape.list(fields.methods, `${at}.methods`, 50, (method, where) => shape.text(method, where, 50));
  shape.text(fields.path, `${at}.path`, 1_000);
  shape.integer(fields.priority, `${at}.priority`, PRIORITY);
  const fault = routeFault(value as Route);
  if (fault !== null) shape.wrong(at, value, `a route, but it ${fault}`);
  return value as Route;
}

function validateLimits(value: unknown, at: string): FunctionLimits {
  const fields = shape.record(value, LIMIT_NAMES, at);
  for (const name of LIMIT_NAMES) {
    shape.integer(fields[name], `${at}.${name}`, { min: LIMITS[name].floor, max: LIMITS[name].ceiling });
  }
  return value as FunctionLimits;
}

function validateSecrets(value: unknown, at: string, env: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries(shape.dictionary(value, at));
  if (entries.length > SECRETS_PER_FUNCTION_MAX) {
    shape.wrong(at, entries.length, `at most ${SECRETS_PER_FUNCTION_MAX} secrets`);
  }
  for (const [name, secret] of entries) {
    shape.matching(name, at, ENV_NAME);
    shape.matching(secret, `${at}.${name}`, SECRET_REFERENCE);
    if (Object.hasOwn(env, name)) shape.wrong(`${at}.${name}`, secret, "a name that env does not have too");
  }
}

/** @param taken variables that have a value already. */
function validateBindings(value: unknown, at: string, taken: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries(shape.dictionary(value, at));
  if (entries.length > BINDINGS_PER_FUNCTION_MAX) {
    shape.wrong(at, entries.length, `at most ${BINDINGS_PER_FUNCTION_MAX} bindings`);
  }
  for (const [variable, binding] of entries) {
    shape.matching(variable, at, ENV_NAME);
    const { kind, name } = shape.record(binding, ["kind", "name"], `${at}.${variable}`);
    shape.oneOf(kind, `${at}.${variable}.kind`, BOUND_KIND_NAMES);
    shape.matching(name, `${at}.${variable}.name`, RESOURCE_NAME);
    if (Object.hasOwn(taken, variable))
      shape.wrong(`${at}.${variable}`, name, "a name that env and secrets do not have too");
  }
}

function validateEgress(value: unknown, at: string): Egress {
  const { allow } = shape.record(value, ["allow"], at);
  if (allow !== null) {
    shape.list(allow, `${at}.allow`, EGRESS_RULES_MAX, (rule, where) => shape.matching(rule, where, EGRESS_RULE));
  }
  return value as Egress;
}
