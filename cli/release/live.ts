import { ReleaseError } from "@edge-fleet/runner/release/errors";
import { readRelease, sha256Hex } from "@edge-fleet/runner/release/manifest";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import { CURRENT_SCHEMA, type Current, type Release, type ReleasedFunction } from "@edge-fleet/runner/release/types";
import type { Context } from "../context.ts";
import { CommandError } from "../errors.ts";

/** The pointer, and the release that it names. */
export interface Live {
  readonly current: Current;
  readonly release: Release;
}

/** What the fleet serves; null before the first release. @throws ReleaseError */
export async function readLive(store: ReleaseStore): Promise<Live | null> {
  const found = await store.readCurrent();
  if (found === null) return null;
  const { current } = found;
  return { current, release: readRelease(current, await store.readRelease(current.release)) };
}

/** As {@link readLive}. @throws CommandError before the first release */
export async function requireLive(store: ReleaseStore): Promise<Live> {
  const live = await readLive(store);
  if (live === null) throw new CommandError(`${store.where} has no release yet: \`edge deploy\` makes the first one`);
  return live;
}

/** A release by its number. @throws ReleaseError, CommandError naming what the store has */
export async function readNumbered(store: ReleaseStore, release: number): Promise<Release> {
  try {
    const bytes = await store.readRelease(release);
    // It has no pointer to be compared with: its own hash stands in for that.
    const pointer = { schema: CURRENT_SCHEMA, generation: 1, release, sha256: sha256Hex(bytes), signature: null };
    return readRelease(pointer, bytes);
  } catch (error) {
    if (!(error instanceof ReleaseError) || error.code !== "ERR_RELEASE_MISSING") throw error;
    const newest = await store.newestRelease();
    throw new CommandError(
      `release ${release} is not in ${store.where}; the newest is ${newest}, and old ones are removed in time`,
    );
  }
}

/**
 * Releases that were live before this one, the newest first, as far back as the store has them: each is the one that the next was made upon.
 * Numbers alone do not tell, for a deployer who is overtaken leaves a table that was never live.
 */
export async function* releasesBefore(store: ReleaseStore, release: Release): AsyncGenerator<Release> {
  for (let { base } = release; base !== undefined; ) {
    try {
      const before = await readNumbered(store, base);
      yield before;
      base = before.base;
    } catch (error) {
      // It was removed, and older ones too; or it is damaged, and does not tell what was before it.
      if (error instanceof CommandError) return;
      if (!(error instanceof ReleaseError) || error.code === "ERR_RELEASE_STORE") throw error;
      return;
    }
  }
}

/** The deployed function of this name. @throws UsageError naming the nearest one */
export function releasedFunction({ oneOf }: Pick<Context, "oneOf">, { release }: Live, name: string): ReleasedFunction {
  const names = release.functions.map((released) => released.name);
  const known = oneOf("deployed function", name, names);
  return release.functions.find((released) => released.name === known) as ReleasedFunction;
}
