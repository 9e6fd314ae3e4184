import { createHash } from "node:crypto";
import { type FunctionLimits, LIMIT_NAMES, LIMITS } from "../limits.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { ReleaseError } from "./errors.ts";
import * as shape from "./shape.ts";
import { type Current, type FunctionManifest, type ModuleRef, RELEASE_SCHEMA, type Release } from "./types.ts";

const MB = 1024 * 1024;

/** Largest `releases/<n>.json`, bytes: 2,000 functions of 8 KB. */
export const RELEASE_BYTES_MAX = 16 * MB;
/** Largest `current`, bytes. */
export const CURRENT_BYTES_MAX = 4096;
/** Largest module, bytes; hosted isolate platforms take scripts of up to 10 MB. */
export const MODULE_BYTES_MAX = 10 * MB;
export const FUNCTIONS_MAX = 2_000;
const MODULES_PER_FUNCTION_MAX = 200;
const ROUTES_PER_FUNCTION_MAX = 200;

export const FUNCTION_NAME = {
  regex: /^[a-z][a-z0-9-]{0,62}$/,
  gloss: "a lower-case letter, then up to 62 of a–z, 0–9 and -",
};
const SHA256 = { regex: /^[0-9a-f]{64}$/, gloss: "a SHA-256 in lower-case hex" };
const VERSION = { regex: /^[0-9a-f]{16}$/, gloss: "16 lower-case hex digits" };
// No `..`, no leading slash: a module's name never leaves its function.
const MODULE_NAME = { regex: /^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/, gloss: "a relative path without `..`" };
const ROUTE = { regex: /^\/[\x21-\x7e]{0,2047}$/, gloss: "a path pattern that starts with /" };
const ENV_NAME = { regex: /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,127}$/, gloss: "a variable's name" };
const REGION = { regex: /^[a-z0-9-]{1,63}$/, gloss: "a region's name" };
const TIME = { regex: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, gloss: "a UTC time in ISO 8601" };
const COUNTER = { min: 1, max: Number.MAX_SAFE_INTEGER };

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** First 16 hex digits of the SHA-256 over the manifest without its version: equal content, equal version. */
export function functionVersion(manifest: Omit<FunctionManifest, "version">): string {
  const { version: _, ...content } = manifest as FunctionManifest;
  return sha256Hex(canonicalJson(content)).slice(0, 16);
}

/** @throws ReleaseError `ERR_RELEASE_HASH` when `bytes` are not the module that `ref` names. */
export function verifyModule(ref: ModuleRef, bytes: Uint8Array): void {
  const where = `modules/${ref.sha256} (${ref.name})`;
  if (bytes.length !== ref.bytes) {
    throw new ReleaseError("ERR_RELEASE_HASH", where, `has ${bytes.length} bytes instead of ${ref.bytes}`);
  }
  const found = sha256Hex(bytes);
  if (found !== ref.sha256) throw new ReleaseError("ERR_RELEASE_HASH", where, `its content has SHA-256 ${found}`);
}

/**
 * Reads `releases/<n>.json` as `current` names it.
 *
 * @throws ReleaseError when it is too large, is not what `current.sha256` says, or is not a whole, valid table.
 */
export function readRelease(current: Current, bytes: Uint8Array): Release {
  const where = `releases/${current.release}.json`;
  if (bytes.length > RELEASE_BYTES_MAX) throw tooLarge(where, bytes.length, RELEASE_BYTES_MAX);
  const found = sha256Hex(bytes);
  if (found !== current.sha256) {
    throw new ReleaseError("ERR_RELEASE_HASH", where, `has SHA-256 ${found}, the pointer says ${current.sha256}`);
  }
  const release = validateRelease(parseJson(bytes, where));
  if (release.release !== current.release) {
    throw new ReleaseError("ERR_RELEASE_HASH", where, `calls itself release ${release.release}`);
  }
  return release;
}

/** @throws ReleaseError naming the key path, the value and what was expected. */
export function validateRelease(value: unknown): Release {
  checkSchema(value, "release");
  const keys = ["schema", "release", "createdAt", "createdBy", "reason", "functions"] as const;
  const fields = shape.record(value, keys, "release");
  shape.integer(fields.release, "release.release", COUNTER);
  shape.matching(fields.createdAt, "release.createdAt", TIME);
  shape.text(fields.createdBy, "release.createdBy", 256);
  shape.text(fields.reason, "release.reason", 1_000);
  const functions = shape.list(fields.functions, "functions", FUNCTIONS_MAX, validateFunction);
  const seen = new Set<string>();
  for (const { name } of functions) {
    if (seen.has(name)) shape.wrong("functions", name, "each name once");
    seen.add(name);
  }
  return value as Release;
}

/** @throws ReleaseError naming the key path, the value and what was expected. */
export function validateCurrent(value: unknown): Current {
  checkSchema(value, "current");
  const fields = shape.record(value, ["schema", "generation", "release", "sha256"], "current");
  shape.integer(fields.generation, "current.generation", COUNTER);
  shape.integer(fields.release, "current.release", COUNTER);
  shape.matching(fields.sha256, "current.sha256", SHA256);
  return value as Current;
}

export function parseJson(bytes: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ReleaseError("ERR_RELEASE_JSON", where, `is not JSON in UTF-8 (${bytes.length} bytes)`, { cause });
  }
}

export function tooLarge(where: string, bytes: number, maxBytes: number): ReleaseError {
  return new ReleaseError("ERR_RELEASE_SIZE", where, `has ${bytes} bytes, the most is ${maxBytes}`);
}

function checkSchema(value: unknown, where: string): void {
  const { schema } = shape.dictionary(value, where);
  if (schema !== RELEASE_SCHEMA) {
    const what = `schema ${JSON.stringify(schema)} is not ${RELEASE_SCHEMA}; update this node's runner or deploy again`;
    throw new ReleaseError("ERR_RELEASE_SCHEMA", where, what);
  }
}

function validateFunction(value: unknown, at: string): FunctionManifest {
  const keys = ["name", "version", "entry", "modules", "routes", "limits", "env", "regions"] as const;
  const fields = shape.record(value, keys, at);
  shape.matching(fields.name, `${at}.name`, FUNCTION_NAME);
  shape.matching(fields.version, `${at}.version`, VERSION);
  shape.matching(fields.entry, `${at}.entry`, MODULE_NAME);
  const modules = shape.list(fields.modules, `${at}.modules`, MODULES_PER_FUNCTION_MAX, validateModule);
  const names = new Set(modules.map((module) => module.name));
  if (names.size !== modules.length) shape.wrong(`${at}.modules`, [...names], "each name once");
  if (!modules.some((module) => module.type === "esm" && module.name === fields.entry)) {
    shape.wrong(`${at}.entry`, fields.entry, "the name of one of the function's esm modules");
  }
  shape.list(fields.routes, `${at}.routes`, ROUTES_PER_FUNCTION_MAX, (route, where) =>
    shape.matching(route, where, ROUTE),
  );
  validateLimits(fields.limits, `${at}.limits`);
  for (const [name, entry] of Object.entries(shape.dictionary(fields.env, `${at}.env`))) {
    shape.matching(name, `${at}.env`, ENV_NAME);
    shape.text(entry, `${at}.env.${name}`, 32_768);
  }
  shape.list(fields.regions, `${at}.regions`, 100, (region, where) => shape.matching(region, where, REGION));
  const manifest = value as FunctionManifest;
  const version = functionVersion(manifest);
  if (version !== manifest.version) {
    throw new ReleaseError("ERR_RELEASE_HASH", `${at}.version`, `is ${manifest.version}, its content has ${version}`);
  }
  return manifest;
}

function validateModule(value: unknown, at: string): ModuleRef {
  const fields = shape.record(value, ["name", "type", "sha256", "bytes"], at);
  shape.matching(fields.name, `${at}.name`, MODULE_NAME);
  shape.oneOf(fields.type, `${at}.type`, ["esm", "map"]);
  shape.matching(fields.sha256, `${at}.sha256`, SHA256);
  shape.integer(fields.bytes, `${at}.bytes`, { min: 0, max: MODULE_BYTES_MAX });
  return value as ModuleRef;
}

function validateLimits(value: unknown, at: string): FunctionLimits {
  const fields = shape.record(value, LIMIT_NAMES, at);
  for (const name of LIMIT_NAMES) {
    shape.integer(fields[name], `${at}.${name}`, { min: LIMITS[name].floor, max: LIMITS[name].ceiling });
  }
  return value as FunctionLimits;
}
