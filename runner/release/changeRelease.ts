import { inParallel } from "../inParallel.ts";
import { doorFunctions } from "../policies/doorFunction.ts";
import { PolicyRouteError, policyRoutes } from "../policies/policyRoutes.ts";
import { claimsOf } from "../routes/conflicts.ts";
import { tableFault } from "../routes/routeTable.ts";
import { type ReleaseBase, readBase } from "./base.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { ReleaseError } from "./errors.ts";
import {
  contentsOf,
  RELEASE_BYTES_MAX,
  releaseContents,
  sha256Hex,
  tooLarge,
  validateRelease,
  verifyModule,
} from "./manifest.ts";
import { stableManifests } from "./releasedFunction.ts";
import { isSignedBy, type ReleaseKeys, type ReleaseSigner, signed } from "./signature.ts";
import type { ReleaseStore } from "./store.ts";
import type { TableChange } from "./tableChanges.ts";
import {
  type ContentRef,
  CURRENT_SCHEMA,
  type Current,
  type Deployed,
  RELEASE_SCHEMA,
  type Release,
  type ReleasedFunction,
} from "./types.ts";

/** Each lost race is another deployer's success; whoever loses this often meets a loop, not people. */
const SWAP_ATTEMPTS = 50;
const NUMBER_ATTEMPTS = 100;
/** A store waits for its disk or its network, not for us. */
const MODULES_AT_ONCE = 16;

/** Who changes what is served, and what that takes. */
export interface Deployer {
  /** Who, when and why: of the release as a whole. */
  readonly deployed: Deployed;
  /** Bytes of a module by its SHA-256; null where the deployer has none, and the store must. Default: it has none. */
  readonly modules?: (sha256: string) => Uint8Array | null | Promise<Uint8Array | null>;
  /** Default: nothing is signed. */
  readonly signer?: ReleaseSigner | null;
  /** What there is must be signed by one of these, or it is not built upon. Default: anything is. */
  readonly keys?: ReleaseKeys;
}

export interface Changed {
  readonly current: Current;
  readonly release: Release;
  /** Names of functions that are not as before, sorted; none when there was nothing to do, and nothing was written. */
  readonly changed: readonly string[];
  /** Pointers that other deployers set meanwhile, and that this change was then based upon; usually none. */
  readonly overtaken: readonly Current[];
}

/**
 * Changes what the fleet serves: reads the table that is current, applies `change`, and writes modules, table and pointer in
 * this order, so that a node never sees a name without its content, and a deployer that dies half-way has changed nothing.
 * When another deployer was faster, the change is applied to what that one made.
 *
 * @throws ReleaseError; then the fleet keeps what it has. `ERR_RELEASE_CONFLICT` names who was faster with a function that
 *   this change is about.
 */
export async function changeRelease(store: ReleaseStore, change: TableChange, deployer: Deployer): Promise<Changed> {
  const { by: createdBy, at: createdAt, reason, commit } = deployer.deployed;
  const overtaken: Current[] = [];
  const written = new Set<string>();
  let before: ReleaseBase | null = null;
  let touched: readonly string[] = [];
  for (let attempt = 0; attempt < SWAP_ATTEMPTS; attempt++) {
    const base = await readBase(store, deployer.keys ?? []);
    const functions = change(base.functions).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const names = differences(base.functions, functions);
    await writeModules(store, { functions, names, base: base.functions, deployer, written });
    // What nobody has signed yet, or another key has, is signed, also where nothing else changes.
    const isSettled = base.current !== null && (deployer.signer == null || isSignedBy(base.current, deployer.signer));
    if (names.length === 0 && isSettled && base.current !== null && base.release !== null) {
      return { current: base.current, release: base.release, changed: [], overtaken };
    }
    if (before !== null) refuseConflict(before.functions, base, touched);
    [before, touched] = [base, names];
    const from = base.release === null ? {} : { base: base.release.release };
    const draft = { schema: RELEASE_SCHEMA, ...from, createdAt, createdBy, reason, commit, functions };
    const { release, sha256 } = await writeTable(store, draft, deployer.signer ?? null);
    const generation = base.generation + 1;
    const pointer = { schema: CURRENT_SCHEMA, generation, release: release.release, sha256 };
    const current = signed(pointer, deployer.signer ?? null);
    const result = await store.compareAndSwapCurrent(base.etag, current);
    if (result.swapped) return { current, release, changed: names, overtaken };
    if (result.winner !== null) overtaken.push(result.winner);
  }
  const what = `${SWAP_ATTEMPTS} times another deployer was faster; try again`;
  throw new ReleaseError("ERR_RELEASE_CONFLICT", `${store.where}/current`, what);
}

function differences(before: readonly ReleasedFunction[], after: readonly ReleasedFunction[]): string[] {
  const old = new Map(before.map((entry) => [entry.name, entry]));
  const now = new Map(after.map((entry) => [entry.name, entry]));
  return [...new Set([...old.keys(), ...now.keys()])].filter((name) => !same(old.get(name), now.get(name))).sort();
}

function same(a: ReleasedFunction | undefined, b: ReleasedFunction | undefined): boolean {
  if (a === b) return true;
  return a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b);
}

/** What this change is about must be as it was when the change was first applied. */
function refuseConflict(
  before: readonly ReleasedFunction[],
  { functions, release }: ReleaseBase,
  touched: readonly string[],
): void {
  const others = new Set(differences(before, functions));
  const both = touched.filter((name) => others.has(name));
  if (both.length === 0) return;
  const each = both.map((name) => {
    const found = functions.find((entry) => entry.name === name);
    if (found === undefined) return `${name} was removed by ${release?.createdBy ?? "somebody"}`;
    const { by, at, reason } = found.deployed;
    return `${name} was changed by ${by} to v${found.number} at ${at} (${reason || "no reason given"})`;
  });
  const what = `another deployer was faster: ${each.join("; ")}. Look at that, and try again`;
  throw new ReleaseError("ERR_RELEASE_CONFLICT", both.join(", "), what);
}

async function writeTable(
  store: ReleaseStore,
  draft: Omit<Release, "release" | "signature">,
  signer: ReleaseSigner | null,
): Promise<{ release: Release; sha256: string }> {
  validateRelease({ ...draft, release: (draft.base ?? 0) + 1 });
  refuseCostlyRoutes(draft.functions);
  refusePolicyRoutes(draft.functions);
  for (let attempt = 0; attempt < NUMBER_ATTEMPTS; attempt++) {
    const number = (await store.newestRelease()) + 1;
    const release: Release = signer === null ? { ...draft, release: number } : signedRelease(draft, number, signer);
    const bytes = Buffer.from(canonicalJson(release));
    if (bytes.length > RELEASE_BYTES_MAX) throw tooLarge(`releases/${number}.json`, bytes.length, RELEASE_BYTES_MAX);
    if (await store.writeRelease(number, bytes)) return { release, sha256: sha256Hex(bytes) };
  }
  const what = `${NUMBER_ATTEMPTS} release numbers in a row were taken; try again`;
  throw new ReleaseError("ERR_RELEASE_CONFLICT", store.where, what);
}

function signedRelease(draft: Omit<Release, "release" | "signature">, release: number, signer: ReleaseSigner): Release {
  const { signature, ...table } = signed({ ...draft, release }, signer);
  return { ...table, signature: signature as string };
}

interface Contents {
  readonly functions: readonly ReleasedFunction[];
  /** Those of them that change. */
  readonly names: readonly string[];
  readonly base: readonly ReleasedFunction[];
  readonly deployer: Deployer;
  /** What this deployer has written already. */
  readonly written: Set<string>;
}

/**
 * What the current table needs is there, but for damage: that is looked for where it matters or can be repaired. Anything else
 * is written even where it is there: whoever collects garbage may be about to remove it, and leaves alone what is young.
 */
async function writeModules(
  store: ReleaseStore,
  { functions, names, base, deployer, written }: Contents,
): Promise<void> {
  const kept = new Set(releaseContents(base).map(({ sha256 }) => sha256));
  const changing = functions.filter(({ name }) => names.includes(name));
  const serving = contentsOf(changing.flatMap(({ manifest, split }) => [manifest, ...(split ? [split.manifest] : [])]));
  const wanted = new Set(serving.map(({ sha256 }) => sha256));
  await inParallel(releaseContents(functions), MODULES_AT_ONCE, async (ref) => {
    const { sha256 } = ref;
    if (written.has(sha256)) return;
    const bytes = (await deployer.modules?.(sha256)) ?? null;
    const isChecked = bytes !== null || wanted.has(sha256);
    if (kept.has(sha256) && (!isChecked || (await store.hasModule(ref)))) return;
    await store.writeModule(ref, verified(ref, bytes ?? (await store.readModule(ref))));
    written.add(sha256);
  });
}

function verified(ref: ContentRef, bytes: Uint8Array): Uint8Array {
  verifyModule(ref, bytes);
  return bytes;
}

/** What nodes would refuse when they make their tables. */
function refuseCostlyRoutes(functions: readonly ReleasedFunction[]): void {
  const cause = tableFault(stableManifests(functions).flatMap(claimsOf));
  if (cause === undefined) return;
  throw new ReleaseError("ERR_RELEASE_ROUTES", `routes of ${cause.owner}`, cause.message, { cause });
}

/** What doors could not follow. */
function refusePolicyRoutes(functions: readonly ReleasedFunction[]): void {
  try {
    policyRoutes(doorFunctions(functions));
  } catch (cause) {
    if (!(cause instanceof PolicyRouteError)) throw cause;
    throw new ReleaseError("ERR_RELEASE_ROUTES", `routes of ${cause.owner}`, cause.message, { cause });
  }
}
