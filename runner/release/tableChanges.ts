import { ReleaseError } from "./errors.ts";
import { firstVersion, versionsOf } from "./releasedFunction.ts";
import {
  type Deployed,
  type FunctionManifest,
  type FunctionOwner,
  type NumberedVersion,
  PREVIEWS_MAX,
  type ReleasedFunction,
  type Split,
} from "./types.ts";

/** What a deployer wants of the table of functions, whatever else is in it. The same list where it already is so. */
export type TableChange = (functions: readonly ReleasedFunction[]) => readonly ReleasedFunction[];

/** The stable version from now on; the one before is kept as a preview. A function that is new begins with it. */
export function deployStable(
  manifest: FunctionManifest,
  { owner, deployed }: { readonly owner: FunctionOwner; readonly deployed: Deployed },
): TableChange {
  const { name } = manifest;
  return (functions) => {
    const known = functions.find((released) => released.name === name);
    if (known !== undefined) return changed(functions, name, (released) => withStable(released, manifest, deployed));
    return [...functions, firstVersion(manifest, { owner, deployed })].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  };
}

/** Part of the function's visitors get this version; another candidate that they got is kept as a preview. */
export function deploySplit(
  manifest: FunctionManifest,
  { percent, guard, deployed }: Pick<Split, "percent" | "guard"> & { readonly deployed: Deployed },
): TableChange {
  return (functions) =>
    changed(functions, manifest.name, (released) => {
      const { split } = released;
      if (manifest.version === released.manifest.version) {
        throw wrong(
          manifest.name,
          `v${released.number} is this very version and has all visitors: there is nothing to split`,
        );
      }
      const isSame = split?.manifest.version === manifest.version && split.percent === percent;
      if (isSame) return released;
      const candidate = numbered(released, manifest);
      const previews = kept([...released.previews, ...(split === null ? [] : [split])], released, candidate);
      return { ...released, split: { ...candidate, percent, guard }, previews, deployed };
    });
}

/** The version can be reached by its preview address, and by nobody else. */
export function deployPreview(manifest: FunctionManifest, deployed: Deployed): TableChange {
  return (functions) =>
    changed(functions, manifest.name, (released) => {
      if (versionsOf(released).some((version) => version.manifest.version === manifest.version)) return released;
      const previews = kept([...released.previews, numbered(released, manifest)], released, released.split);
      return { ...released, previews, deployed };
    });
}

/** The candidate of a split becomes the stable version. */
export function promote(name: string, deployed: Deployed): TableChange {
  return (functions) =>
    changed(functions, name, (released) => {
      const { split } = released;
      if (split === null) throw wrong(name, "has no split, so there is nothing to promote");
      return stableIs({ ...released, split: null }, split, deployed);
    });
}

/** The stable version has all visitors again; the candidate is kept as a preview. */
export function endSplit(name: string, deployed: Deployed): TableChange {
  return (functions) =>
    changed(functions, name, (released) => {
      const { split } = released;
      if (split === null) throw wrong(name, "has no split, so there is none to end");
      return { ...released, split: null, previews: kept([...released.previews, split], released), deployed };
    });
}

/** An earlier version is the stable one again, and has all visitors. */
export function backTo(name: string, version: NumberedVersion, deployed: Deployed): TableChange {
  return (functions) =>
    changed(functions, name, (released) => {
      if (released.number === version.number && released.split === null) return released;
      const { split } = released;
      const previews = kept([...released.previews, ...(split === null ? [] : [split])], released);
      return stableIs({ ...released, split: null, previews }, version, deployed);
    });
}

/** Switches a function off or on. */
export function setStatus(name: string, status: ReleasedFunction["status"], deployed: Deployed): TableChange {
  return (functions) =>
    changed(functions, name, (released) => (released.status === status ? released : { ...released, status, deployed }));
}

function withStable(released: ReleasedFunction, manifest: FunctionManifest, deployed: Deployed): ReleasedFunction {
  if (released.manifest.version === manifest.version) return released;
  const { split } = released;
  if (split?.manifest.version === manifest.version) return stableIs({ ...released, split: null }, split, deployed);
  return stableIs(released, numbered(released, manifest), deployed);
}

function stableIs(released: ReleasedFunction, version: NumberedVersion, deployed: Deployed): ReleasedFunction {
  const { number, manifest } = version;
  if (number === released.number) return { ...released, deployed };
  const previews = kept([...released.previews, released], version, released.split);
  return { ...released, number, manifest, previews, deployed };
}

/** The version under the number that it has, or under the next one. */
function numbered(released: ReleasedFunction, manifest: FunctionManifest): NumberedVersion {
  const versions = versionsOf(released);
  const known = versions.find((version) => version.manifest.version === manifest.version);
  return { number: known?.number ?? Math.max(...versions.map(({ number }) => number)) + 1, manifest };
}

/** What is kept as previews of these versions: the last one, which served until now, and the newest, without those that serve. */
function kept(
  versions: readonly NumberedVersion[],
  ...serving: readonly (NumberedVersion | null)[]
): readonly NumberedVersion[] {
  const served = new Set(serving.map((version) => version?.number));
  const last = versions.at(-1)?.number;
  const byNumber = new Map(versions.map(({ number, manifest }) => [number, { number, manifest }]));
  return [...byNumber.values()]
    .filter(({ number }) => !served.has(number))
    .toSorted((a, b) => Number(b.number === last) - Number(a.number === last) || b.number - a.number)
    .slice(0, PREVIEWS_MAX)
    .toSorted((a, b) => b.number - a.number);
}

function changed(
  functions: readonly ReleasedFunction[],
  name: string,
  change: (released: ReleasedFunction) => ReleasedFunction,
): readonly ReleasedFunction[] {
  const released = functions.find((entry) => entry.name === name);
  if (released === undefined) throw wrong(name, "is not deployed: deploy it first");
  const next = change(released);
  return next === released ? functions : functions.map((entry) => (entry === released ? next : entry));
}

function wrong(name: string, what: string): ReleaseError {
  return new ReleaseError("ERR_RELEASE_CHANGE", name, what);
}
