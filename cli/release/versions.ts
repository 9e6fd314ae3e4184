import { versionsOf } from "@edge-fleet/runner/release/releasedFunction";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Deployed, NumberedVersion, ReleasedFunction } from "@edge-fleet/runner/release/types";
import { type Live, releasesBefore } from "./live.ts";

/** `stable` and `split` serve; `preview` has an address of its own; `former` is in older releases alone. */
export type VersionState = "stable" | "split" | "preview" | "former";

export interface KnownVersion extends NumberedVersion {
  readonly state: VersionState;
  /** The change that made it, as far as releases are kept. */
  readonly deployed: Deployed;
  /** The newest release in which it was the stable one; null where none is kept. */
  readonly stableIn: number | null;
}

/** All versions of a function that the store still has, the newest number first. */
export async function knownVersions(
  store: ReleaseStore,
  { release }: Live,
  released: ReleasedFunction,
): Promise<readonly KnownVersion[]> {
  const found = new Map<number, KnownVersion>();
  const note = (holder: ReleasedFunction, number: number, isLive: boolean) => {
    for (const version of versionsOf(holder)) {
      const known = found.get(version.number);
      const isStable = version.number === holder.number;
      found.set(version.number, {
        number: version.number,
        manifest: version.manifest,
        state: known?.state ?? (isLive ? stateIn(holder, version.number) : "former"),
        // The oldest release that has it is the one that it came with.
        deployed: holder.deployed,
        stableIn: known?.stableIn ?? (isStable ? number : null),
      });
    }
  };
  note(released, release.release, true);
  for await (const older of releasesBefore(store, release)) {
    const holder = older.functions.find(({ name }) => name === released.name);
    if (holder !== undefined) note(holder, older.release, false);
  }
  return [...found.values()].sort((a, b) => b.number - a.number);
}

function stateIn({ number, split }: ReleasedFunction, wanted: number): VersionState {
  if (wanted === number) return "stable";
  return wanted === split?.number ? "split" : "preview";
}
