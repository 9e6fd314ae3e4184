import type { RegionConfig, RegionName } from "../../config/fleetConfig.ts";

/** Regions whose nodes are replaced side by side; the next wave begins when all of them serve. */
export type Wave = readonly RegionName[];

/**
 * The order in which regions get new nodes: a canary alone, then waves of at most `waveSize`, the smallest regions first. Regions that retire come last.
 *
 * @param canary the region with fewest nodes where it is undefined.
 */
export function planWaves(
  regions: readonly RegionConfig[],
  { canary, waveSize }: { readonly canary?: RegionName | undefined; readonly waveSize: number },
): readonly Wave[] {
  const bySize = regions.toSorted(
    (a, b) => Number(a.retire) - Number(b.retire) || a.nodes - b.nodes || (a.name < b.name ? -1 : 1),
  );
  const first = canary ?? bySize[0]?.name;
  if (first === undefined) return [];
  const others = bySize.map(({ name }) => name).filter((name) => name !== first);
  const waves = Array.from({ length: Math.ceil(others.length / waveSize) }, (_, wave) =>
    others.slice(wave * waveSize, (wave + 1) * waveSize),
  );
  return [[first], ...waves];
}
