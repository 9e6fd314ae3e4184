import { inParallel } from "../inParallel.ts";
import { previewLabel } from "../release/previewAddress.ts";
import type { FunctionManifest, ReleasedFunction } from "../release/types.ts";
import { claimsOf } from "../routes/conflicts.ts";
import { RouteTable } from "../routes/routeTable.ts";
import { ArmCounter } from "../traffic/armCounts.ts";
import type { Deployment } from "./deployment.ts";

/** Files read at once. */
const READS_AT_ONCE = 16;

/** A candidate beside the stable version, and what each of them did for visitors since the two stand side by side on this node. */
export interface ActiveSplit {
  readonly stable: Deployment;
  readonly candidate: Deployment;
  readonly counters: { readonly stable: ArmCounter; readonly candidate: ArmCounter };
}

/** All versions of a release that this node has. */
export interface Versions {
  readonly routes: RouteTable<Deployment>;
  /** Stable versions by function. */
  readonly deployments: ReadonlyMap<string, Deployment>;
  readonly splits: ReadonlyMap<string, ActiveSplit>;
  /** Every version by the label of its own address, `v7--hello`. */
  readonly byLabel: ReadonlyMap<string, Deployment>;
}

export interface MadeVersions extends Versions {
  /** Those that will serve visitors and have not been tried yet. */
  readonly fresh: readonly Deployment[];
}

interface VersionsParts {
  readonly region: string;
  /** What is served now. */
  readonly active: Versions | undefined;
  /** Functions that keep the secrets that they have. */
  readonly stay: ReadonlySet<string>;
  /** @param isServing whether visitors are led to it. */
  make(manifest: FunctionManifest, isServing: boolean): Deployment;
}

/** The versions of a table that are of this region; what the node has already stays as it is, with its isolates, unless a secret has changed. */
export async function makeVersions(
  functions: readonly ReleasedFunction[],
  { region, active, stay, make }: VersionsParts,
): Promise<MadeVersions> {
  const isHere = ({ manifest: { regions } }: { manifest: FunctionManifest }) =>
    regions.length === 0 || regions.includes(region);
  const known = new Map(
    [...(active?.byLabel.values() ?? [])].map((deployment) => [idOf(deployment.manifest), deployment]),
  );
  const wanted = new Set(functions.flatMap(versionIds));
  const kept = new Map<string, Deployment>();
  await inParallel(
    [...known].filter(([id]) => wanted.has(id)),
    READS_AT_ONCE,
    async ([id, deployment]) => {
      if (stay.has(deployment.manifest.name) || !(await deployment.hasNewSecrets())) kept.set(id, deployment);
    },
  );
  const take = (manifest: FunctionManifest, isServing: boolean) => {
    const id = idOf(manifest);
    const deployment = kept.get(id) ?? make(manifest, isServing);
    kept.set(id, deployment);
    return deployment;
  };
  const deployments = new Map<string, Deployment>();
  const splits = new Map<string, ActiveSplit>();
  const byLabel = new Map<string, Deployment>();
  for (const released of functions) {
    const { name, number, split } = released;
    if (isHere(released)) {
      const stable = take(released.manifest, true);
      deployments.set(name, stable);
      byLabel.set(previewLabel({ function: name, number }), stable);
      if (split !== null && isHere(split)) {
        const candidate = take(split.manifest, true);
        splits.set(name, splitOf(stable, candidate, active?.splits.get(name)));
        byLabel.set(previewLabel({ function: name, number: split.number }), candidate);
      }
    }
    for (const preview of released.previews.filter(isHere)) {
      byLabel.set(previewLabel({ function: name, number: preview.number }), take(preview.manifest, false));
    }
  }
  const serving = [...deployments.values(), ...[...splits.values()].map(({ candidate }) => candidate)];
  const routes = await RouteTable.inTurns([...deployments.values()].flatMap(routesOf));
  return { routes, deployments, splits, byLabel, fresh: serving.filter(({ isTried }) => !isTried) };
}

function splitOf(stable: Deployment, candidate: Deployment, before: ActiveSplit | undefined): ActiveSplit {
  const isSame = before?.stable === stable && before.candidate === candidate;
  const counters = isSame ? before.counters : { stable: new ArmCounter(), candidate: new ArmCounter() };
  return { stable, candidate, counters };
}

function versionIds({ manifest, split, previews }: ReleasedFunction): string[] {
  return [manifest, ...(split === null ? [] : [split.manifest]), ...previews.map((preview) => preview.manifest)].map(
    idOf,
  );
}

function idOf({ name, version }: FunctionManifest): string {
  return `${name} ${version}`;
}

function routesOf(deployment: Deployment) {
  return claimsOf(deployment.manifest).map((claim) => ({ ...claim, target: deployment }));
}
