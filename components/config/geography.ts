import { CONTINENTS, COUNTRIES, PINNED_COUNTRIES } from "./countries.ts";
import type { Continent, Country, Geography, RegionName } from "./fleetConfig.ts";

/** What a region's config says about whom it serves. */
export interface RegionClaim {
  readonly region: RegionName;
  readonly continents: readonly Continent[];
  readonly countries: readonly Country[];
  readonly isDefault: boolean;
}

/** Two regions that want the same place. */
export interface ClaimConflict {
  readonly kind: "continents" | "countries";
  readonly place: string;
  readonly first: RegionName;
  readonly second: RegionName;
}

/** Places that more than one region claims, each against the first that did. */
export function claimConflicts(claims: readonly RegionClaim[]): ClaimConflict[] {
  const conflicts: ClaimConflict[] = [];
  for (const kind of ["continents", "countries"] as const) {
    const owners = new Map<string, RegionName>();
    for (const claim of claims) {
      for (const place of claim[kind]) {
        const first = owners.get(place);
        if (first === undefined) owners.set(place, claim.region);
        else if (first !== claim.region) conflicts.push({ kind, place, first, second: claim.region });
      }
    }
  }
  return conflicts;
}

/**
 * Turns claims without conflicts into a table. A country goes to the region that claims it, else to its continent's region;
 * a continent that nobody claims goes to the default region. Pinned countries are always named one by one.
 */
export function buildGeography(claims: readonly RegionClaim[]): Geography {
  const fallback = claims.find((claim) => claim.isDefault)?.region;
  if (fallback === undefined) throw new RangeError("a geography needs a default region");
  const continentOwners = new Map(
    claims.flatMap(({ region, continents }) => continents.map((c) => [c, region] as const)),
  );
  const continents = Object.fromEntries(
    CONTINENTS.map((continent) => [continent, continentOwners.get(continent) ?? fallback]),
  ) as Record<Continent, RegionName>;

  const countryOwners = new Map(claims.flatMap(({ region, countries }) => countries.map((c) => [c, region] as const)));
  const countries: Record<Country, RegionName> = {};
  for (const [country, continent] of [...COUNTRIES].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const region = countryOwners.get(country) ?? continents[continent];
    if (PINNED_COUNTRIES.has(country) || region !== continents[continent]) countries[country] = region;
  }
  return { continents, countries, defaultRegion: fallback };
}

/**
 * The region of a client. Total: unknown codes fall from the country to its continent, to the continent given, to the
 * default region. `null` means that the place is not known.
 */
export function regionFor(
  geography: Geography,
  client: { readonly country: string | null; readonly continent: string | null },
): RegionName {
  if (client.country !== null) {
    if (Object.hasOwn(geography.countries, client.country)) {
      return geography.countries[client.country] ?? geography.defaultRegion;
    }
    const continent = COUNTRIES.get(client.country);
    if (continent !== undefined) return geography.continents[continent];
  }
  if (client.continent !== null && isContinent(client.continent)) return geography.continents[client.continent];
  return geography.defaultRegion;
}

function isContinent(code: string): code is Continent {
  return (CONTINENTS as readonly string[]).includes(code);
}
