import { createHash } from "node:crypto";
import { atOnce, inTurns } from "../inTurns.ts";
import { claimsOf, conflictSteps } from "../routes/conflicts.ts";
import { conflictError } from "../routes/routeError.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { NewerPointerError, ReleaseError } from "./errors.ts";
import {
  stableManifests,
  TIME,
  validateCommit,
  validateReleasedFunction,
  versionsOf,
  WHO_LENGTH_MAX,
  WHY_LENGTH_MAX,
} from "./releasedFunction.ts";
import * as shape from "./shape.ts";
import { SIGNATURE } from "./signature.ts";
import {
  type ContentRef,
  CURRENT_SCHEMA,
  type Current,
  type FunctionManifest,
  RELEASE_SCHEMA,
  type Release,
  type ReleasedFunction,
} from "./types.ts";

const MB = 1024 * 1024;

/** Largest `releases/<n>.json`, bytes: 2,000 functions of 8 KB. */
export const RELEASE_BYTES_MAX = 16 * MB;
/** Largest `current`, bytes. */
export const CURRENT_BYTES_MAX = 4096;
export const FUNCTIONS_MAX = 2_000;
const SHA256 = { regex: /^[0-9a-f]{64}$/, gloss: "a SHA-256 in lower-case hex" };
const COUNTER = { min: 1, max: Number.MAX_SAFE_INTEGER };

export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** First 16 hex digits of the SHA-256 over the manifest without its version: equal content, equal version. */
export function functionVersion(manifest: Omit<FunctionManifest, "version">): string {
  const { version: _, ...content } = manifest as FunctionManifest;
  return sha256Hex(canonicalJson(content)).slice(0, 16);
}

/** All that these versions consist of, equal contents once. */
export function contentsOf(manifests: readonly Pick<FunctionManifest, "modules" | "assets">[]): ContentRef[] {
  const refs = manifests.flatMap(({ modules, assets }) => [...modules, ...assets]);
  return [...new Map(refs.map((ref) => [ref.sha256, ref])).values()];
}

/** All that a release's functions consist of, previews too; equal contents once. */
export function releaseContents(functions: readonly ReleasedFunction[]): ContentRef[] {
  return contentsOf(functions.flatMap(versionsOf).map(({ manifest }) => manifest));
}

/** @throws ReleaseError `ERR_RELEASE_HASH` when `bytes` are not the module that `ref` names. */
export function verifyModule(ref: ContentRef, bytes: Uint8Array): void {
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
  return atOnce(checksOf(value));
}

/** The same, other work between: two thousand functions take a tenth of a second. @throws ReleaseError */
export function validateReleaseInTurns(value: unknown): Promise<Release> {
  return inTurns(checksOf(value));
}

function* checksOf(value: unknown): Generator<undefined, Release> {
  const keys = ["schema", "release", "createdAt", "createdBy", "reason", "commit", "functions"] as const;
  const { signature, base, ...others } = shape.dictionary(value, "release");
  if (others.schema !== RELEASE_SCHEMA) {
    throw new ReleaseError("ERR_RELEASE_SCHEMA", "release", otherSchema(others.schema, RELEASE_SCHEMA));
  }
  const fields = shape.record(others, keys, "release");
  if (signature !== undefined) shape.matching(signature, "release.signature", SIGNATURE);
  const number = shape.integer(fields.release, "release.release", COUNTER);
  if (base !== undefined) shape.integer(base, "release.base", { min: 1, max: number - 1 });
  shape.matching(fields.createdAt, "release.createdAt", TIME);
  shape.text(fields.createdBy, "release.createdBy", WHO_LENGTH_MAX);
  shape.text(fields.reason, "release.reason", WHY_LENGTH_MAX);
  validateCommit(fields.commit, "release.commit");
  const entries = shape.list(fields.functions, "functions", FUNCTIONS_MAX, (entry) => entry);
  const functions: ReleasedFunction[] = [];
  for (const [index, entry] of entries.entries()) {
    const released = validateReleasedFunction(entry, `functions[${index}]`);
    const before = functions.at(-1)?.name ?? "";
    if (released.name <= before) shape.wrong("functions", [before, released.name], "each name once, sorted");
    for (const { manifest, number } of versionsOf(released)) {
      const version = functionVersion(manifest);
      if (version === manifest.version) continue;
      const what = `version of v${number} is ${manifest.version}, its content has ${version}`;
      throw new ReleaseError("ERR_RELEASE_HASH", `functions[${index}]`, what);
    }
    functions.push(released);
    yield;
  }
  yield* refuseConflicts(stableManifests(functions));
  return value as Release;
}

/**
 * Reads `current`.
 *
 * @param where what people call it: its path or URL.
 * @throws ReleaseError that says how to go on; a NewerPointerError where newer code wrote it.
 */
export function readPointer(bytes: Uint8Array, where: string): Current {
  try {
    return validateCurrent(parseJson(bytes, where));
  } catch (error) {
    if (error instanceof NewerPointerError) throw error;
    const { code, where: key, message } = error as ReleaseError;
    const what = `${message}. Nodes keep what they serve; to go on, delete ${where} and deploy again`;
    throw new ReleaseError(code, key, what, { cause: error });
  }
}

/** @throws ReleaseError naming the key path, the value and what was expected. */
export function validateCurrent(value: unknown): Current {
  const { schema, generation } = shape.dictionary(value, "current");
  if (typeof schema === "number" && schema < CURRENT_SCHEMA) {
    throw new ReleaseError(
      "ERR_RELEASE_SCHEMA",
      "current",
      `schema ${schema} is of older code, this writes ${CURRENT_SCHEMA}`,
    );
  }
  if (schema !== CURRENT_SCHEMA) {
    throw new NewerPointerError("current", otherSchema(schema, CURRENT_SCHEMA), generation);
  }
  const fields = shape.record(value, ["schema", "generation", "release", "sha256", "signature"], "current");
  shape.integer(fields.generation, "current.generation", COUNTER);
  shape.integer(fields.release, "current.release", COUNTER);
  shape.matching(fields.sha256, "current.sha256", SHA256);
  if (fields.signature !== null) shape.matching(fields.signature, "current.signature", SIGNATURE);
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

function otherSchema(found: unknown, known: number): string {
  return `schema ${JSON.stringify(found)} is not ${known}; update this node's runner or deploy again`;
}

function* refuseConflicts(functions: readonly FunctionManifest[]): Generator<undefined, void> {
  const [conflict] = yield* conflictSteps(functions.flatMap(claimsOf));
  if (conflict === undefined) return;
  const cause = conflictError(conflict);
  throw new ReleaseError("ERR_RELEASE_ROUTES", `routes of ${cause.owner}`, cause.message, { cause });
}
