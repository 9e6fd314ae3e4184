import { canonicalJson } from "./canonicalJson.ts";
import { ReleaseError } from "./errors.ts";
import { versionsOf } from "./releasedFunction.ts";
import { deployStable, setStatus, type TableChange } from "./tableChanges.ts";
import type { Deployed, FunctionManifest, ReleasedFunction } from "./types.ts";

export const DRIFT_CHOICES = ["adopt", "reassert", "refuse"] as const;
/**
 * What a program does with a function that it declares as before, and whose stable version or status a command has changed:
 * leave that, undo it, or fail.
 */
export type Drift = (typeof DRIFT_CHOICES)[number];

export interface Declaration {
  /** All functions of the program. */
  readonly manifests: readonly FunctionManifest[];
  /** Version by function as the program declared it last; empty the first time. */
  readonly last: Readonly<Record<string, string>>;
  readonly drift: Drift;
}

/**
 * What a program declares, merged: functions that it declares no longer are removed, functions of commands and all splits
 * stay. A command's function that the program declares belongs to the program from then on.
 *
 * @throws ReleaseError `ERR_RELEASE_DRIFT` with `refuse`, naming what a command has changed.
 */
export function declare({ manifests, last, drift }: Declaration, deployed: Deployed): TableChange {
  const declared = new Map(manifests.map((manifest) => [manifest.name, manifest]));
  return (functions) => {
    const drifted = driftOf(functions, { manifests, last });
    if (drift === "refuse" && drifted.length > 0) throw driftError(drifted);
    const isLeft = (name: string) => drift === "adopt" && drifted.some((entry) => entry.name === name);
    const changes = manifests.filter(({ name }) => !isLeft(name)).map((manifest) => own(manifest, deployed));
    if (drift === "reassert") changes.push(...drifted.map(({ name }) => setStatus(name, "active", deployed)));
    const kept = functions.filter(({ name, owner }) => owner === "command" || declared.has(name));
    return changes.reduce<readonly ReleasedFunction[]>((table, change) => change(table), kept);
  };
}

/** Functions of the program that it declares as it did last, and that are not so. */
export function driftOf(
  functions: readonly ReleasedFunction[],
  { manifests, last }: Pick<Declaration, "last"> & { readonly manifests: readonly Named[] },
): readonly ReleasedFunction[] {
  const declared = new Map(manifests.map(({ name, version }) => [name, version]));
  return functions.filter(({ name, manifest, status, owner }) => {
    const version = declared.get(name);
    const isAsBefore = owner === "program" && version !== undefined && last[name] === version;
    return isAsBefore && (manifest.version !== version || status === "disabled");
  });
}

/** What a command has changed, for people. */
export function showDrift({ number, status, deployed }: ReleasedFunction): string {
  const state = status === "disabled" ? `v${number}, disabled` : `v${number}`;
  return `${state}, by ${deployed.by} at ${deployed.at}: ${deployed.reason || "no reason given"}`;
}

export function driftError(drifted: readonly ReleasedFunction[]): ReleaseError {
  const each = drifted.map((entry) => `${entry.name} is at ${showDrift(entry)}`);
  const what =
    `commands have changed what the program declares: ${each.join("; ")}. Set edge-fleet:drift to adopt to leave ` +
    "that, or to reassert to undo it";
  return new ReleaseError("ERR_RELEASE_DRIFT", "functions", what);
}

/**
 * Every function as an older table had it, and nothing else: what came since may be what nodes cannot take. Versions that come
 * back get new numbers, for those since then had the next ones.
 */
export function restoreTable(old: readonly ReleasedFunction[], deployed: Deployed): TableChange {
  return (functions) =>
    old.map((wanted) => {
      const found = functions.find(({ name }) => name === wanted.name);
      if (found === undefined) return { ...wanted, deployed };
      const next = { ...wanted, deployed: found.deployed };
      if (canonicalJson(next) === canonicalJson(found)) return found;
      const numbers = versionsOf(found).map(({ number }) => number);
      const newest = Math.max(...numbers);
      const isStable = wanted.manifest.version === found.manifest.version;
      const number = isStable ? found.number : newest + 1;
      const split = wanted.split === null ? null : { ...wanted.split, number: newest + 2 };
      return { ...next, number, split, deployed };
    });
}

function own(manifest: FunctionManifest, deployed: Deployed): TableChange {
  return (functions) =>
    deployStable(manifest, { owner: "program", deployed })(functions).map((entry) =>
      entry.name !== manifest.name || entry.owner === "program" ? entry : { ...entry, owner: "program", deployed },
    );
}

interface Named {
  readonly name: string;
  readonly version: string;
}
