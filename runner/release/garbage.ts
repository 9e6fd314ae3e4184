import { inParallel } from "../inParallel.ts";
import { ReleaseError } from "./errors.ts";
import { parseJson, releaseContents, validateRelease } from "./manifest.ts";
import type { ReleaseStore, StoredKind, StoredObject } from "./store.ts";

/** Releases that are kept unless somebody says otherwise: so far back can be gone. */
export const RELEASES_KEPT = 50;
/** A deploy takes minutes; with a day, clocks may be wrong by hours. */
const GRACE_MS = 24 * 60 * 60 * 1_000;
/** A node that was away for longer forgets all that it has cached. */
const CONTROL_KEPT_MS = 30 * 24 * 60 * 60 * 1_000;
const REMOVALS_AT_ONCE = 16;

/** Names of what nobody needs any more, by kind. */
export type Garbage = Readonly<Record<StoredKind, readonly string[]>>;

/**
 * Removes releases but the newest, modules that no kept release needs, and old entries of the control log. What was written
 * within a day stays, for a deploy may be about to need it; so deploys may go on meanwhile.
 *
 * @returns what was removed, or with `isDryRun` would be.
 * @throws ReleaseError when the store is away, or a kept release cannot be read: then nothing is removed, for nobody knows what
 *   that one needs.
 */
export async function collectGarbage(
  store: ReleaseStore,
  { keep = RELEASES_KEPT, isDryRun = false }: { readonly keep?: number; readonly isDryRun?: boolean } = {},
): Promise<Garbage> {
  if (!Number.isSafeInteger(keep) || keep < 1) {
    throw new ReleaseError("ERR_RELEASE_SHAPE", "keep", `is ${keep}: give how many releases to keep, 1 or more`);
  }
  // Before the pointer is read: what a deployer writes from now on is young.
  const modules = await store.listStored("modules");
  const releases = await store.listStored("releases");
  const control = await store.listStored("control");
  const current = (await store.readCurrent())?.current.release;
  const kept = keptReleases(releases, keep, current);
  const needed = await modulesOf(store, kept);
  const old = (objects: readonly StoredObject[], maxAgeMs: number) =>
    objects.filter(({ ageMs }) => ageMs > maxAgeMs).map(({ name }) => name);
  const newestEntry = `${Math.max(0, ...control.map(({ name }) => Number(name)))}`;
  const garbage: Garbage = {
    modules: old(modules, GRACE_MS).filter((name) => !needed.has(name)),
    releases: old(releases, GRACE_MS).filter((name) => !kept.has(Number(name))),
    // Numbers go on from the newest.
    control: old(control, CONTROL_KEPT_MS).filter((name) => name !== newestEntry),
  };
  // Tables before what they need.
  if (!isDryRun) for (const kind of ["releases", "modules", "control"] as const) await remove(store, kind, garbage);
  return garbage;
}

/** The newest, what the pointer names, and what is so young that the pointer may name it soon. */
function keptReleases(
  releases: readonly StoredObject[],
  keep: number,
  current: number | undefined,
): ReadonlySet<number> {
  const numbers = releases.map(({ name }) => Number(name)).toSorted((a, b) => b - a);
  const young = releases.filter(({ ageMs }) => ageMs <= GRACE_MS).map(({ name }) => Number(name));
  return new Set([...numbers.slice(0, keep), ...young, ...(current === undefined ? [] : [current])]);
}

async function modulesOf(store: ReleaseStore, kept: ReadonlySet<number>): Promise<ReadonlySet<string>> {
  const needed = new Set<string>();
  for (const number of kept) {
    const where = `releases/${number}.json`;
    try {
      const { functions } = validateRelease(parseJson(await store.readRelease(number), where));
      for (const { sha256 } of releaseContents(functions)) needed.add(sha256);
    } catch (error) {
      if (!(error instanceof ReleaseError) || error.code === "ERR_RELEASE_STORE") throw error;
      const what = `is to be kept and cannot be read (${error.message}); nothing was removed. Remove it yourself, or keep fewer releases`;
      throw new ReleaseError(error.code, where, what, { cause: error });
    }
  }
  return needed;
}

function remove(store: ReleaseStore, kind: StoredKind, garbage: Garbage): Promise<void> {
  return inParallel(garbage[kind], REMOVALS_AT_ONCE, (name) => store.removeStored(kind, name));
}
