import { awsRegion } from "./aws.ts";
import { type Cidr, overlaps, parseCidr, regionCidr } from "./cidr.ts";
import { choose } from "./explain.ts";
import type { RegionConfig } from "./fleetConfig.ts";
import { claimConflicts, type RegionClaim } from "./geography.ts";
import type { ProblemList } from "./problems.ts";
import { regionsByRtt } from "./regionRtt.ts";
import type { RawRegion } from "./schema.ts";

type NamedRegion = readonly [name: string, region: RawRegion];

/**
 * Checks regions against each other and fills in what follows from the others.
 * `names` has also those regions that were too broken to read.
 */
export function resolveRegions(
  regions: readonly NamedRegion[],
  names: readonly string[],
  problems: ProblemList,
): RegionConfig[] {
  checkFailover(regions, names, problems);
  checkCidrs(regions, problems);
  return regions.map(([name, region]) => ({
    name,
    cidr: region.cidr ?? regionCidr(name),
    nodes: region.nodes,
    ...awsRegion(region),
    address: region.address ?? null,
    failover: region.failover ?? regionsByRtt(name, names),
  }));
}

/** What the regions claim to serve; conflicts and a wrong number of defaults are problems. */
export function resolveClaims(regions: readonly NamedRegion[], problems: ProblemList): RegionClaim[] {
  const claims = regions.map(([region, { continents, countries, default: isDefault }]) => ({
    region,
    continents,
    countries,
    isDefault,
  }));
  for (const { kind, place, first, second } of claimConflicts(claims)) {
    problems.add(["regions", second, kind], {
      value: place,
      problem: `claims ${place}, which edge-fleet:regions.${first}.${kind} claims too`,
      remedy: "Leave it in one of them.",
    });
  }
  const [firstDefault, ...more] = claims.filter((claim) => claim.isDefault);
  for (const { region } of more) {
    problems.add(["regions", region, "default"], {
      value: true,
      problem: `is true, and edge-fleet:regions.${firstDefault?.region}.default is too`,
      remedy: "Leave it in one of them.",
    });
  }
  // A region that could not be read might have been the default.
  if (firstDefault === undefined && !problems.touches(["regions"])) {
    const names = regions.map(([name]) => name);
    problems.add(["regions"], {
      value: names,
      problem: names.length === 0 ? "has no region" : "has no default region",
      remedy:
        names.length === 0
          ? "Add one: us-east-1: { default: true, address: 127.0.1.1 }."
          : `Set default: true in one of ${names.join(", ")}: it serves whoever is not on the map.`,
    });
  }
  return claims;
}

function checkFailover(regions: readonly NamedRegion[], names: readonly string[], problems: ProblemList): void {
  for (const [name, { failover }] of regions) {
    const others = names.filter((other) => other !== name);
    for (const [index, other] of (failover ?? []).entries()) {
      if (others.includes(other)) continue;
      problems.add(["regions", name, "failover", index], {
        value: other,
        problem: other === name ? "is the region itself" : "is not a region of this stack",
        remedy: others.length === 0 ? "Remove it: there is no other region." : choose(other, others),
      });
    }
  }
}

function checkCidrs(regions: readonly NamedRegion[], problems: ProblemList): void {
  const placed: { readonly name: string; readonly explicit: boolean; readonly text: string; readonly cidr: Cidr }[] =
    [];
  for (const [name, region] of regions) {
    const text = region.cidr ?? regionCidr(name);
    const cidr = parseCidr(text);
    if (cidr !== null) placed.push({ name, explicit: region.cidr !== undefined, text, cidr });
  }
  // Allocated ranges never overlap each other, so that the explicit one is to blame.
  placed.sort((a, b) => Number(a.explicit) - Number(b.explicit));
  for (const [index, mine] of placed.entries()) {
    const other = placed.slice(0, index).find(({ cidr }) => overlaps(cidr, mine.cidr));
    if (other === undefined) continue;
    problems.add(["regions", mine.name, "cidr"], {
      value: mine.text,
      problem: `overlaps ${other.text}, the network of ${other.name}`,
      remedy: "Use another block, or leave the key out: each region has a /16 of its own.",
    });
  }
}
