import { ReleaseError } from "./errors.ts";
import { parseJson, readRelease, validateRelease } from "./manifest.ts";
import { type ReleaseKeys, requireSignature } from "./signature.ts";
import type { ReleaseStore } from "./store.ts";
import type { Current, Release, ReleasedFunction } from "./types.ts";

/** What a deployer builds upon. */
export interface ReleaseBase {
  /** Null where there is no pointer, or what it names is damaged: then whatever is made of the base is written. */
  readonly current: Current | null;
  /** Of the pointer that is there; null where there is none. */
  readonly etag: string | null;
  readonly generation: number;
  /** The table that was read; null where there is none at all. */
  readonly release: Release | null;
  readonly functions: readonly ReleasedFunction[];
}

/**
 * The current table. Where it is damaged or missing, or the pointer is lost, the newest older one that is whole: functions
 * that others deployed are not lost with it.
 *
 * @throws ReleaseError when the pointer is damaged, not signed as it must be, or of newer code, or the store is away.
 */
export async function readBase(store: ReleaseStore, keys: ReleaseKeys): Promise<ReleaseBase> {
  const found = await store.readCurrent();
  const etag = found?.etag ?? null;
  if (found !== null) {
    const { current } = found;
    requireSignature(current, { keys, where: `${store.where}/current` });
    try {
      const release = readRelease(current, await store.readRelease(current.release));
      return { current, etag, generation: current.generation, release, functions: release.functions };
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  const generation = found?.current.generation ?? (await newestKnownGeneration(store));
  const release = await newestWhole(store, keys, found?.current.release ?? Number.POSITIVE_INFINITY);
  return { current: null, etag, generation, release, functions: release?.functions ?? [] };
}

/**
 * An older table, as whoever goes back to it reads it.
 *
 * @throws ReleaseError when it is missing, damaged, of another layout or not signed as it must be.
 */
export async function readTable(store: ReleaseStore, number: number, keys: ReleaseKeys): Promise<Release> {
  const where = `releases/${number}.json`;
  const release = validateRelease(parseJson(await store.readRelease(number), where));
  if (release.release !== number) {
    throw new ReleaseError("ERR_RELEASE_HASH", where, `calls itself release ${release.release}`);
  }
  requireSignature(release, { keys, where });
  return release;
}

async function newestWhole(store: ReleaseStore, keys: ReleaseKeys, below: number): Promise<Release | null> {
  const numbers = (await store.listStored("releases")).map(({ name }) => Number(name));
  for (const number of numbers.filter((one) => one < below).toSorted((a, b) => b - a)) {
    try {
      return await readTable(store, number, keys);
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return null;
}

/** Where the pointer was lost, nodes still know how far they were; anything lower would look like a replay to them. */
async function newestKnownGeneration(store: ReleaseStore): Promise<number> {
  const acks = [...(await store.readAcks()).values()];
  return Math.max(0, ...acks.flatMap((ack) => [ack.generation ?? 0, ack.refused?.generation ?? 0]));
}

function isDamage(error: unknown): boolean {
  return error instanceof ReleaseError && !KEEPS_OUT.has(error.code);
}

/** No sign of damage: nothing may be built past it. */
const KEEPS_OUT: ReadonlySet<string> = new Set(["ERR_RELEASE_STORE", "ERR_RELEASE_STORE_FULL", "ERR_RELEASE_SCHEMA"]);
