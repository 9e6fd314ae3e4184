import { FUNCTION_NAME, validateFunction } from "./functionManifest.ts";
import * as shape from "./shape.ts";
import {
  FUNCTION_OWNERS,
  type FunctionManifest,
  type NumberedVersion,
  PREVIEWS_MAX,
  type ReleasedFunction,
} from "./types.ts";

export const WHO_LENGTH_MAX = 256;
export const WHY_LENGTH_MAX = 1_000;

export const TIME = { regex: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, gloss: "a UTC time in ISO 8601" };
const COMMIT = { regex: /^[0-9a-f]{7,64}$/, gloss: "a git commit in lower-case hex, or null" };
const COUNTER = { min: 1, max: Number.MAX_SAFE_INTEGER };
const P99_RATIO_MAX = 1_000;
const MIN_REQUESTS = { min: 1, max: 1_000_000_000 };

/** A function as a release has it, but that its versions fit their content. @throws ReleaseError naming key path and value. */
export function validateReleasedFunction(value: unknown, at: string): ReleasedFunction {
  const keys = ["name", "number", "manifest", "status", "split", "previews", "owner", "deployed"] as const;
  const fields = shape.record(value, keys, at);
  const name = shape.matching(fields.name, `${at}.name`, FUNCTION_NAME);
  const { number, manifest, split, previews } = fields;
  const versions = [numbered({ number, manifest }, at, name)];
  shape.oneOf(fields.status, `${at}.status`, ["active", "disabled"]);
  if (split !== null) versions.push(validateSplit(split, `${at}.split`, name));
  const kept = shape.list(previews, `${at}.previews`, PREVIEWS_MAX, (entry, where) => {
    shape.record(entry, ["number", "manifest"], where);
    return numbered(entry, where, name);
  });
  versions.push(...kept);
  const numbers = kept.map((preview) => preview.number);
  if (numbers.some((one, index) => index > 0 && one >= (numbers[index - 1] as number))) {
    shape.wrong(`${at}.previews`, numbers, "the newest number first");
  }
  if (new Set(versions.map((version) => version.number)).size !== versions.length) {
    const found = versions.map((version) => version.number);
    shape.wrong(at, found, "a number of its own for each version");
  }
  shape.oneOf(fields.owner, `${at}.owner`, FUNCTION_OWNERS);
  validateDeployed(fields.deployed, `${at}.deployed`);
  return value as ReleasedFunction;
}

/** @throws ReleaseError naming key path and value. */
export function validateCommit(value: unknown, at: string): void {
  if (value !== null) shape.matching(value, at, COMMIT);
}

/** A function that was never deployed before. */
export function firstVersion(
  manifest: FunctionManifest,
  { owner, deployed }: Pick<ReleasedFunction, "owner" | "deployed">,
): ReleasedFunction {
  const { name } = manifest;
  return { name, number: 1, manifest, status: "active", split: null, previews: [], owner, deployed };
}

/** What serves a function's ordinary requests. */
export function stableManifests(functions: readonly ReleasedFunction[]): FunctionManifest[] {
  return functions.map(({ manifest }) => manifest);
}

/** All versions of a function that a release has, the stable one first. */
export function versionsOf({ number, manifest, split, previews }: ReleasedFunction): NumberedVersion[] {
  return [{ number, manifest }, ...(split === null ? [] : [split]), ...previews];
}

function validateSplit(value: unknown, at: string, name: string): NumberedVersion {
  const { percent, guard } = shape.record(value, ["number", "manifest", "percent", "guard"], at);
  if (typeof percent !== "number" || !(percent > 0 && percent < 100)) {
    shape.wrong(`${at}.percent`, percent, "a number above 0 and below 100");
  }
  if (guard !== null) {
    const bounds = shape.record(guard, ["errorRate", "p99", "minRequests"], `${at}.guard`);
    between(bounds.errorRate, `${at}.guard.errorRate`, 0, 1);
    between(bounds.p99, `${at}.guard.p99`, 1, P99_RATIO_MAX);
    shape.integer(bounds.minRequests, `${at}.guard.minRequests`, MIN_REQUESTS);
  }
  return numbered(value, at, name);
}

function numbered(value: unknown, at: string, name: string): NumberedVersion {
  const { number, manifest } = value as Record<string, unknown>;
  shape.integer(number, `${at}.number`, COUNTER);
  const read = validateFunction(manifest, `${at}.manifest`);
  if (read.name !== name) shape.wrong(`${at}.manifest.name`, read.name, `the function's name, ${name}`);
  return { number: number as number, manifest: read };
}

function validateDeployed(value: unknown, at: string): void {
  const fields = shape.record(value, ["by", "at", "reason", "commit"], at);
  shape.text(fields.by, `${at}.by`, WHO_LENGTH_MAX);
  shape.matching(fields.at, `${at}.at`, TIME);
  shape.text(fields.reason, `${at}.reason`, WHY_LENGTH_MAX);
  validateCommit(fields.commit, `${at}.commit`);
}

function between(value: unknown, at: string, min: number, max: number): void {
  if (typeof value !== "number" || !(value >= min && value <= max)) {
    shape.wrong(at, value, `a number from ${min} to ${max}`);
  }
}
