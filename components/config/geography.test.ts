import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { CONTINENTS, COUNTRIES, PINNED_COUNTRIES } from "./countries.ts";
import { buildGeography, claimConflicts, type RegionClaim, regionFor } from "./geography.ts";
import { AWS_REGION_CODES } from "./regions.ts";

/** Any map without conflicts: each place is given to one region or to nobody. */
const anyClaims: fc.Arbitrary<RegionClaim[]> = fc
  .record({
    regions: fc.uniqueArray(fc.constantFrom(...AWS_REGION_CODES), { minLength: 1, maxLength: 6 }),
    continents: fc.dictionary(fc.constantFrom(...CONTINENTS), fc.nat(6), { noNullPrototype: true }),
    countries: fc.dictionary(fc.constantFrom(...COUNTRIES.keys()), fc.nat(6), { noNullPrototype: true }),
    isDefault: fc.nat(5),
  })
  .map(({ regions, continents, countries, isDefault }) =>
    regions.map((region, index) => ({
      region,
      continents: CONTINENTS.filter((continent) => continents[continent] === index),
      countries: [...COUNTRIES.keys()].filter((country) => countries[country] === index),
      isDefault: index === isDefault % regions.length,
    })),
  );

const known = <T>(values: Iterable<T>) => fc.constantFrom(...values);
const anyCode = fc.option(fc.oneof(known(COUNTRIES.keys()), known<string>(CONTINENTS), fc.string()));

test("every country and continent resolves to the region that claims it, else to its continent's, else to the default", () => {
  fc.assert(
    fc.property(anyClaims, (claims) => {
      const geography = buildGeography(claims);
      const fallback = claims.find((c) => c.isDefault)?.region;
      for (const [country, continent] of COUNTRIES) {
        const wanted =
          claims.find((c) => c.countries.includes(country)) ?? claims.find((c) => c.continents.includes(continent));
        assert.equal(regionFor(geography, { country, continent }), wanted?.region ?? fallback, country);
      }
      for (const continent of CONTINENTS) {
        const wanted = claims.find((c) => c.continents.includes(continent))?.region ?? fallback;
        assert.equal(regionFor(geography, { country: null, continent }), wanted, continent);
      }
    }),
    { numRuns: 60 },
  );
});

test("any client whatever gets a region of the fleet", () => {
  fc.assert(
    fc.property(anyClaims, anyCode, anyCode, (claims, country, continent) => {
      const region = regionFor(buildGeography(claims), { country, continent });
      assert.ok(claims.some((claim) => claim.region === region));
    }),
    { numRuns: 200 },
  );
});

test("a country is in the same region whatever continent a database gives it", () => {
  fc.assert(
    fc.property(anyClaims, known(PINNED_COUNTRIES.keys()), known(CONTINENTS), (claims, country, continent) => {
      const geography = buildGeography(claims);
      assert.ok(Object.hasOwn(geography.countries, country));
      assert.equal(regionFor(geography, { country, continent }), geography.countries[country]);
    }),
    { numRuns: 100 },
  );
});

test("names of object members are no countries", () => {
  const geography = buildGeography([{ region: "us-east-1", continents: [], countries: [], isDefault: true }]);
  assert.equal(regionFor(geography, { country: "constructor", continent: "__proto__" }), "us-east-1");
});

test("a place that two regions claim is a conflict that names both", () => {
  const claim = { continents: ["EU"], countries: ["JP"], isDefault: false } as const;
  assert.deepEqual(
    claimConflicts([
      { ...claim, region: "eu-west-1" },
      { ...claim, region: "eu-west-2", countries: [] },
      { ...claim, region: "eu-west-3", continents: [] },
    ]),
    [
      { kind: "continents", place: "EU", first: "eu-west-1", second: "eu-west-2" },
      { kind: "countries", place: "JP", first: "eu-west-1", second: "eu-west-3" },
    ],
  );
});

test("without a default region there is no geography", () => {
  assert.throws(
    () => buildGeography([{ region: "us-east-1", continents: [], countries: [], isDefault: false }]),
    RangeError,
  );
});
