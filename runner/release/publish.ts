import { setTimeout as delay } from "node:timers/promises";
import { inParallel } from "../inParallel.ts";
import { PolicyRouteError, policyRoutes } from "../policies/policyRoutes.ts";
import { claimsOf } from "../routes/conflicts.ts";
import { tableFault } from "../routes/routeTable.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { ReleaseError } from "./errors.ts";
import {
  contentsOf,
  parseJson,
  RELEASE_BYTES_MAX,
  readRelease,
  releaseContents,
  sha256Hex,
  tooLarge,
  validateRelease,
  verifyModule,
} from "./manifest.ts";
import type { ReleaseStore } from "./store.ts";
import {
  CURRENT_SCHEMA,
  type Current,
  type FunctionManifest,
  RELEASE_SCHEMA,
  type Release,
  type ReleasedFunction,
} from "./types.ts";

/** Deployers meet within milliseconds, so whoever loses this often meets a loop, not people. */
const SWAP_ATTEMPTS = 5;
const NUMBER_ATTEMPTS = 100;
/** A store waits for its disk or its network, not for us. */
const MODULES_AT_ONCE = 16;

export interface ReleaseContent {
  /** The whole table: a function that is not in it is no longer served. */
  readonly functions: readonly FunctionManifest[];
  /** Bytes of a module by its SHA-256; asked only for those the store lacks. */
  readonly modules: (sha256: string) => Uint8Array | Promise<Uint8Array>;
  /** Who deploys, for people: `up of stack local`. */
  readonly createdBy: string;
  readonly reason: string;
}

export interface Published {
  readonly current: Current;
  /** Pointers that other deployers set meanwhile and this one replaced; usually none. */
  readonly overtaken: readonly Current[];
}

/**
 * Writes a release and points the fleet at it: modules first, then the table, then the pointer, so that a node never
 * sees a name without its content, and a deployer that dies half-way has changed nothing.
 *
 * @throws ReleaseError; then the fleet keeps what it has.
 */
export async function publishRelease(store: ReleaseStore, content: ReleaseContent): Promise<Published> {
  const createdAt = new Date().toISOString();
  const { createdBy, reason } = content;
  const deployed = { by: createdBy, at: createdAt, reason, commit: null };
  const functions = content.functions
    .map((manifest) => firstVersion(manifest, { owner: "program", deployed }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const draft = (release: number): Release => ({
    ...{ schema: RELEASE_SCHEMA, release, createdAt, createdBy, reason, commit: null, functions },
  });
  validateRelease(draft(1));
  refuseCostlyRoutes(content.functions);
  refusePolicyRoutes(content.functions);
  await writeMissingModules(store, content);
  for (let attempt = 0; attempt < NUMBER_ATTEMPTS; attempt++) {
    const release = (await store.newestRelease()) + 1;
    const bytes = Buffer.from(canonicalJson(draft(release)));
    if (bytes.length > RELEASE_BYTES_MAX) throw tooLarge(`releases/${release}.json`, bytes.length, RELEASE_BYTES_MAX);
    if (await store.writeRelease(release, bytes)) return pointAt(store, { release, sha256: sha256Hex(bytes) });
  }
  throw new ReleaseError(
    "ERR_RELEASE_CONFLICT",
    store.where,
    `${NUMBER_ATTEMPTS} release numbers in a row were taken; deploy again`,
  );
}

/**
 * Points the fleet at an earlier release. The generation grows all the same, so that nodes tell it from a replay.
 *
 * @throws ReleaseError when that release or one of its modules is missing or damaged; then nothing is changed.
 */
export async function rollbackTo(store: ReleaseStore, release: number): Promise<Published> {
  const bytes = await store.readRelease(release);
  const sha256 = sha256Hex(bytes);
  const pointer = { schema: CURRENT_SCHEMA, generation: 1, release, sha256, signature: null };
  for (const ref of releaseContents(readRelease(pointer, bytes).functions)) {
    if (await store.hasModule(ref)) continue;
    const what = `release ${release} needs it, and it is missing or damaged; deploy its functions again instead`;
    throw new ReleaseError("ERR_RELEASE_MISSING", `modules/${ref.sha256} (${ref.name})`, what);
  }
  return pointAt(store, { release, sha256 });
}

export interface NodeOutcome {
  /** `silent`: no word within the time; the node may be down, and takes the release when it is back. */
  readonly status: "active" | "refused" | "silent";
  readonly reason?: string;
}

/** Waits until every node has taken or refused `generation`, at most `timeoutMs`. */
export async function waitForAcks(
  store: ReleaseStore,
  wanted: {
    readonly generation: number;
    readonly nodes: readonly string[];
    readonly timeoutMs: number;
    readonly pollMs?: number;
  },
): Promise<ReadonlyMap<string, NodeOutcome>> {
  const deadline = performance.now() + wanted.timeoutMs;
  for (;;) {
    const acks = await store.readAcks();
    const outcomes = new Map<string, NodeOutcome>();
    for (const node of wanted.nodes) {
      const ack = acks.get(node);
      if ((ack?.generation ?? 0) >= wanted.generation) outcomes.set(node, { status: "active" });
      else if (ack?.refused && ack.refused.generation >= wanted.generation) {
        outcomes.set(node, { status: "refused", reason: ack.refused.reason });
      } else outcomes.set(node, { status: "silent" });
    }
    const leftMs = deadline - performance.now();
    if (leftMs <= 0 || ![...outcomes.values()].some(({ status }) => status === "silent")) return outcomes;
    await delay(Math.min(wanted.pollMs ?? 50, leftMs));
  }
}

/** A function that was never deployed before. */
export function firstVersion(
  manifest: FunctionManifest,
  { owner, deployed }: Pick<ReleasedFunction, "owner" | "deployed">,
): ReleasedFunction {
  const { name } = manifest;
  return { name, number: 1, manifest, status: "active", split: null, previews: [], owner, deployed };
}

/** What nodes would refuse when they make their tables. */
function refuseCostlyRoutes(functions: readonly FunctionManifest[]): void {
  const cause = tableFault(functions.flatMap(claimsOf));
  if (cause === undefined) return;
  throw new ReleaseError("ERR_RELEASE_ROUTES", `routes of ${cause.owner}`, cause.message, { cause });
}

/** What doors could not follow. */
function refusePolicyRoutes(functions: readonly FunctionManifest[]): void {
  try {
    policyRoutes(functions);
  } catch (cause) {
    if (!(cause instanceof PolicyRouteError)) throw cause;
    throw new ReleaseError("ERR_RELEASE_ROUTES", `routes of ${cause.owner}`, cause.message, { cause });
  }
}

async function writeMissingModules(store: ReleaseStore, content: ReleaseContent): Promise<void> {
  await inParallel(contentsOf(content.functions), MODULES_AT_ONCE, async (ref) => {
    if (await store.hasModule(ref)) return;
    const bytes = await content.modules(ref.sha256);
    verifyModule(ref, bytes);
    await store.writeModule(ref, bytes);
  });
}

async function pointAt(store: ReleaseStore, target: Pick<Current, "release" | "sha256">): Promise<Published> {
  const overtaken: Current[] = [];
  for (let attempt = 0; attempt < SWAP_ATTEMPTS; attempt++) {
    const found = await store.readCurrent();
    const generation = (found?.current.generation ?? (await newestKnownGeneration(store))) + 1;
    const next = { schema: CURRENT_SCHEMA, generation, ...target, signature: null };
    const result = await store.compareAndSwapCurrent(found?.etag ?? null, next);
    if (result.swapped) return { current: next, overtaken };
    if (result.winner !== null) overtaken.push(result.winner);
  }
  const who = await Promise.all(overtaken.map((winner) => describe(store, winner)));
  const what = `${SWAP_ATTEMPTS} times another deployer was faster (${who.join("; ")}); deploy again`;
  throw new ReleaseError("ERR_RELEASE_CONFLICT", `${store.where}/current`, what);
}

/** Where the pointer was lost, nodes still know how far they were; anything lower would look like a replay to them. */
async function newestKnownGeneration(store: ReleaseStore): Promise<number> {
  const acks = [...(await store.readAcks()).values()];
  return Math.max(0, ...acks.flatMap((ack) => [ack.generation ?? 0, ack.refused?.generation ?? 0]));
}

async function describe(store: ReleaseStore, pointer: Current): Promise<string> {
  try {
    const { createdBy } = parseJson(await store.readRelease(pointer.release), "release") as Release;
    return `release ${pointer.release} by ${createdBy}`;
  } catch {
    return `release ${pointer.release}`;
  }
}
