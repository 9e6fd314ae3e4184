import { createHash } from "node:crypto";
import { canonicalJson } from "../release/canonicalJson.ts";
import { previewLabel } from "../release/previewAddress.ts";
import { versionsOf } from "../release/releasedFunction.ts";
import type { FunctionManifest, ReleasedFunction } from "../release/types.ts";
import type { Route } from "../routes/route.ts";
import { sharesOf } from "../traffic/arm.ts";
import { type Policies, policyId } from "./policies.ts";

/** What stands for "nothing to do" where something else would be taken otherwise. */
export const NONE = "none";

/** What the door has to know of a function: what it asks of requests, which version answers whom, whose copies the cache has. */
export interface DoorFunction {
  readonly name: string;
  readonly routes: readonly Route[];
  readonly policies?: Policies;
  /** The stable version, where the cache keeps each version's answers apart. */
  readonly cachedAs?: string;
  /** A candidate and its share of visitors. */
  readonly split?: { readonly version: string; readonly percent: number; readonly policies?: Policies };
  /** Versions that have an address of their own and ask something of requests. */
  readonly previews?: readonly { readonly number: number; readonly policies: Policies }[];
}

/** The functions of a release as a region's doors know them; as all regions' together without one. */
export function doorFunctions(functions: readonly ReleasedFunction[], region?: string): DoorFunction[] {
  const isHere = ({ manifest: { regions } }: { readonly manifest: FunctionManifest }) =>
    region === undefined || regions.length === 0 || regions.includes(region);
  return functions.filter(isHere).map((released) => {
    const { name, manifest, split } = released;
    const { version, routes, policies, cache } = manifest;
    const previews = versionsOf(released).flatMap((kept) =>
      kept.manifest.policies === undefined || !isHere(kept)
        ? []
        : [{ number: kept.number, policies: kept.manifest.policies }],
    );
    return {
      name,
      routes,
      ...(policies && { policies }),
      ...(cache !== undefined && cache.onDeploy !== "keep" && { cachedAs: version }),
      ...(split !== null && isHere(split) && { split: candidateOf(split) }),
      previews,
    };
  });
}

function candidateOf({ manifest: { version, policies }, percent }: NonNullable<ReleasedFunction["split"]>) {
  return { version, percent, ...(policies && { policies }) };
}

/** What routes lead to at the door: policies alone, an entry of its own where there is more to know, `NONE` where there is nothing. */
export function entryOf({ name, policies, cachedAs, split }: DoorFunction): string {
  if (cachedAs === undefined && split === undefined) return policyOf(name, policies);
  return createHash("sha256")
    .update(canonicalJson(["entry", name, policies ?? null, cachedAs ?? null, split ?? null]))
    .digest("hex")
    .slice(0, 16);
}

/** Keys and values of an entry in HAProxy's map; none where the entry is policies alone. */
export function* entryLines(known: DoorFunction): Generator<readonly [key: string, value: string]> {
  const { name, policies, cachedAs, split } = known;
  if (cachedAs === undefined && split === undefined) return;
  const id = entryOf(known);
  yield [`${id}.stable`, policyOf(name, policies)];
  if (cachedAs !== undefined) yield [`${id}.version`, cachedAs];
  if (split === undefined) return;
  yield [`${id}.split`, String(sharesOf(split.percent))];
  yield [`${id}.name`, name];
  yield [`${id}.candidate`, policyOf(name, split.policies)];
  yield [`${id}.next`, split.version];
}

/** Policies by the label of the version's address: `p:v7--hello`. */
export function* previewLines({ name, previews = [] }: DoorFunction): Generator<readonly [key: string, value: string]> {
  for (const { number, policies } of previews) {
    yield [`p:${previewLabel({ function: name, number })}`, policyOf(name, policies)];
  }
}

/** Everything that is asked under some version of the function, each once. */
export function policiesOf({ policies, split, previews = [] }: DoorFunction): Policies[] {
  return [policies, split?.policies, ...previews.map((preview) => preview.policies)].filter(
    (some) => some !== undefined,
  );
}

function policyOf(name: string, policies: Policies | undefined): string {
  return policies === undefined ? NONE : policyId(name, policies);
}
