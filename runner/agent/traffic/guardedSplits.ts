import type { ReleasedFunction, SplitGuard, SplitReport } from "../../release/types.ts";
import { type SplitCounts, sumOf } from "../../traffic/armCounts.ts";
import { condemn, lookOf } from "../../traffic/splitJudge.ts";

/** A split that ends by itself when its candidate is too bad. */
export interface GuardedSplit {
  readonly name: string;
  /** When the function was last changed: a split that begins anew with the same versions is another one. */
  readonly at: string;
  readonly versions: SplitCounts["versions"];
  readonly guard: SplitGuard;
}

/** Those that a node of the region has. */
export function guardedSplits(functions: readonly ReleasedFunction[], region: string): GuardedSplit[] {
  return functions.flatMap(({ name, manifest, split, deployed }) => {
    const areHere = [manifest, split?.manifest].every(
      (version) => version !== undefined && (version.regions.length === 0 || version.regions.includes(region)),
    );
    if (split === null || split.guard === null || !areHere) return [];
    const versions = { stable: manifest.version, candidate: split.manifest.version };
    return [{ name, at: deployed.at, versions, guard: split.guard }];
  });
}

/** Judges splits by what this node has counted and what other nodes say that they have. */
export class SplitJudge {
  /** The last look that was taken, by function, and at which versions. */
  readonly #looks = new Map<string, { readonly versions: SplitCounts["versions"]; readonly look: number }>();

  /**
   * Why the candidate is condemned, by whomever; null while it is not.
   *
   * @param reports what nodes have said of the function, this one too: it may have been started anew since.
   */
  judge(
    split: GuardedSplit,
    own: SplitCounts | null,
    reports: ReadonlyMap<string, SplitReport>,
    self: string,
  ): string | null {
    const { name, at, versions, guard } = split;
    const same = [...reports].filter(([, report]) => isOf(report.versions, versions));
    const known = same.find(([, report]) => report.at === at && report.condemned !== null)?.[1].condemned;
    if (known != null) return known;
    const others = same.flatMap(([node, report]) => (node === self ? [] : [report]));
    const counts = own !== null && isOf(own.versions, versions) ? [own, ...others] : others;
    const [stable, candidate] = [sumOf(counts.map((one) => one.stable)), sumOf(counts.map((one) => one.candidate))];
    const look = lookOf(candidate.requests, guard.minRequests);
    const before = this.#looks.get(name);
    if (look <= (before !== undefined && isOf(before.versions, versions) ? before.look : 0)) return null;
    this.#looks.set(name, { versions, look });
    return condemn(stable, candidate, guard, look);
  }
}

function isOf(found: SplitCounts["versions"], wanted: SplitCounts["versions"]): boolean {
  return found.stable === wanted.stable && found.candidate === wanted.candidate;
}
