// @ts-check

/**
 * Whether node_modules holds what package-lock.json asks for, by npm's own record of what it installed
 * (`node_modules/.package-lock.json`, written when an install has ended well).
 * @typedef {{ version?: string, integrity?: string, resolved?: string, link?: boolean, optional?: boolean, devOptional?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lockfile
 * @param {Lockfile} wanted package-lock.json
 * @param {Lockfile} installed npm's record
 * @returns {string | undefined} the first package that differs; undefined when none does
 */
export function firstDifference(wanted, installed) {
  const have = installed.packages ?? {};
  const want = Object.entries(wanted.packages ?? {}).filter(([path]) => path.includes("node_modules/"));
  const differing = want.find(([path, entry]) => {
    const found = have[path];
    // An optional package for another platform is rightly absent.
    if (!found) return !(entry.optional || entry.devOptional);
    // A lock file that was made where another platform's package could not be fetched has its version only.
    const otherContents = entry.integrity !== undefined && found.integrity !== entry.integrity;
    return found.version !== entry.version || otherContents || found.link !== entry.link;
  });
  if (differing) return differing[0];
  const wantedPaths = new Set(want.map(([path]) => path));
  return Object.keys(have).find((path) => path.includes("node_modules/") && !wantedPaths.has(path));
}
