import type { RegionName } from "./fleetConfig.ts";

/**
 * Median round trips between regions, ms; each pair once. Source: cloudping.co, p50 over one year, July 2025, as stored in
 * `commonwarexyz/monorepo` (`examples/estimator/src/p50.json`). Distance on the globe would mislead: Cape Town is nearer
 * Frankfurt (155 ms) than São Paulo (337 ms). Pairs further apart than a detour by a listed region are left out.
 * `ap-southeast-6` is younger than the data; its figure is estimated from the length of the cable to Sydney.
 */
const RTT_MS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "af-south-1": {
    "ap-northeast-1": 357,
    "ap-northeast-2": 386,
    "ap-south-1": 272,
    "ap-southeast-1": 314,
    "ap-southeast-2": 409,
    "eu-central-1": 155,
    "eu-central-2": 152,
    "eu-south-2": 135,
    "eu-west-1": 158,
    "eu-west-2": 150,
    "eu-west-3": 145,
    "me-central-1": 284,
    "sa-east-1": 337,
    "us-east-1": 226,
    "us-west-2": 273,
  },
  "ap-east-1": {
    "ap-east-2": 18,
    "ap-northeast-1": 52,
    "ap-northeast-2": 39,
    "ap-northeast-3": 47,
    "ap-south-1": 98,
    "ap-south-2": 80,
    "ap-southeast-1": 38,
    "ap-southeast-2": 128,
    "ap-southeast-3": 52,
    "ap-southeast-5": 43,
    "ap-southeast-7": 63,
  },
  "ap-east-2": {
    "ap-northeast-1": 37,
    "ap-northeast-2": 65,
    "ap-northeast-3": 35,
    "ap-southeast-3": 69,
    "ap-southeast-5": 57,
    "ap-southeast-7": 79,
  },
  "ap-northeast-1": {
    "ap-northeast-2": 36,
    "ap-northeast-3": 10,
    "ap-south-1": 133,
    "ap-southeast-1": 71,
    "ap-southeast-2": 106,
    "ap-southeast-3": 85,
    "ap-southeast-4": 128,
    "ap-southeast-5": 76,
    "ap-southeast-7": 98,
    "ca-west-1": 112,
    "eu-central-1": 227,
    "eu-west-1": 202,
    "me-central-1": 169,
    "sa-east-1": 258,
    "us-east-1": 150,
    "us-west-1": 108,
    "us-west-2": 98,
  },
  "ap-northeast-2": {
    "ap-northeast-3": 25,
    "ap-south-1": 134,
    "ap-southeast-1": 74,
    "ap-southeast-2": 145,
    "ap-southeast-3": 88,
    "ap-southeast-5": 78,
    "eu-central-1": 231,
    "eu-west-1": 233,
    "me-central-1": 163,
    "sa-east-1": 289,
    "us-east-1": 180,
    "us-west-2": 124,
  },
  "ap-northeast-3": {
    "ap-southeast-1": 77,
    "ap-southeast-2": 120,
    "ap-southeast-5": 82,
    "us-west-1": 110,
    "us-west-2": 100,
  },
  "ap-south-1": {
    "ap-south-2": 24,
    "ap-southeast-1": 64,
    "ap-southeast-2": 155,
    "ap-southeast-3": 82,
    "ap-southeast-5": 72,
    "ap-southeast-7": 94,
    "eu-central-1": 129,
    "eu-west-1": 125,
    "eu-west-3": 109,
    "il-central-1": 154,
    "me-central-1": 30,
    "me-south-1": 39,
    "sa-east-1": 301,
    "us-east-1": 190,
    "us-west-2": 222,
  },
  "ap-south-2": {
    "ap-southeast-1": 47,
    "ap-southeast-3": 61,
    "ap-southeast-5": 51,
    "ap-southeast-7": 72,
    "me-central-1": 46,
    "me-south-1": 55,
  },
  "ap-southeast-1": {
    "ap-southeast-2": 95,
    "ap-southeast-3": 19,
    "ap-southeast-4": 106,
    "ap-southeast-5": 10,
    "ap-southeast-7": 31,
    "eu-central-1": 160,
    "eu-west-1": 179,
    "me-central-1": 90,
    "me-south-1": 99,
    "sa-east-1": 328,
    "us-east-1": 219,
    "us-west-2": 160,
  },
  "ap-southeast-2": {
    "ap-southeast-3": 109,
    "ap-southeast-4": 13,
    "ap-southeast-5": 99,
    "ap-southeast-6": 24,
    "eu-central-1": 251,
    "eu-west-1": 256,
    "me-central-1": 180,
    "sa-east-1": 312,
    "us-east-1": 200,
    "us-west-1": 139,
    "us-west-2": 141,
  },
  "ap-southeast-3": { "ap-southeast-4": 121, "ap-southeast-5": 24, "ap-southeast-7": 45 },
  "ap-southeast-4": { "ap-southeast-5": 111 },
  "ap-southeast-5": { "ap-southeast-7": 24 },
  "ca-central-1": {
    "ca-west-1": 48,
    "eu-central-1": 93,
    "eu-west-1": 69,
    "eu-west-2": 80,
    "eu-west-3": 86,
    "mx-central-1": 70,
    "sa-east-1": 125,
    "us-east-1": 16,
    "us-east-2": 27,
    "us-west-1": 80,
    "us-west-2": 61,
  },
  "ca-west-1": {
    "eu-west-1": 139,
    "mx-central-1": 78,
    "us-east-1": 50,
    "us-east-2": 41,
    "us-west-1": 39,
    "us-west-2": 21,
  },
  "eu-central-1": {
    "eu-central-2": 9,
    "eu-north-1": 23,
    "eu-south-1": 12,
    "eu-south-2": 35,
    "eu-west-1": 27,
    "eu-west-2": 18,
    "eu-west-3": 12,
    "il-central-1": 64,
    "me-central-1": 115,
    "me-south-1": 86,
    "sa-east-1": 204,
    "us-east-1": 93,
    "us-east-2": 103,
    "us-west-2": 142,
  },
  "eu-central-2": { "eu-north-1": 28, "eu-west-3": 12, "il-central-1": 50, "me-central-1": 111, "me-south-1": 91 },
  "eu-north-1": {
    "eu-south-1": 31,
    "eu-south-2": 53,
    "eu-west-1": 40,
    "eu-west-2": 31,
    "eu-west-3": 32,
    "il-central-1": 84,
  },
  "eu-south-1": { "eu-west-3": 21, "il-central-1": 52, "me-central-1": 108 },
  "eu-south-2": { "eu-west-3": 22, "il-central-1": 64 },
  "eu-west-1": {
    "eu-west-2": 14,
    "eu-west-3": 20,
    "il-central-1": 78,
    "me-central-1": 130,
    "me-south-1": 99,
    "mx-central-1": 127,
    "sa-east-1": 178,
    "us-east-1": 70,
    "us-west-1": 130,
    "us-west-2": 118,
  },
  "eu-west-2": { "eu-west-3": 12, "il-central-1": 70, "me-south-1": 89, "us-east-1": 78, "us-east-2": 89 },
  "eu-west-3": { "il-central-1": 54, "me-central-1": 114, "me-south-1": 87, "us-east-1": 84, "us-east-2": 95 },
  "il-central-1": { "me-central-1": 144, "me-south-1": 111 },
  "me-central-1": { "me-south-1": 15, "sa-east-1": 305, "us-east-1": 194, "us-west-2": 257 },
  "mx-central-1": { "sa-east-1": 169, "us-east-1": 58, "us-east-2": 51, "us-west-1": 74, "us-west-2": 90 },
  "sa-east-1": { "us-east-1": 115, "us-east-2": 125, "us-west-1": 175, "us-west-2": 175 },
  "us-east-1": { "us-east-2": 15, "us-west-1": 64, "us-west-2": 64 },
  "us-east-2": { "us-west-1": 52, "us-west-2": 51 },
  "us-west-1": { "us-west-2": 22 },
};

/** The other regions of `regions`, nearest to `from` first by round trip; ties by name. */
export function regionsByRtt(from: RegionName, regions: readonly RegionName[]): RegionName[] {
  const rttMs = roundTripsFrom(from);
  const distance = (region: RegionName) => rttMs.get(region) ?? Number.POSITIVE_INFINITY;
  return regions.filter((region) => region !== from).sort((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1));
}

/** Measured where there is a measurement, else the shortest way along measured pairs. */
function roundTripsFrom(from: RegionName): Map<RegionName, number> {
  const shortest = new Map<RegionName, number>([[from, 0]]);
  const open = new Set([from]);
  for (const region of open) {
    open.delete(region);
    for (const [next, rttMs] of MEASURED.get(region) ?? []) {
      const way = (shortest.get(region) ?? 0) + rttMs;
      if (way < (shortest.get(next) ?? Number.POSITIVE_INFINITY)) {
        shortest.set(next, way);
        open.add(next);
      }
    }
  }
  return new Map([...shortest, ...(MEASURED.get(from) ?? [])]);
}

const MEASURED = bothWays();

function bothWays(): Map<RegionName, Map<RegionName, number>> {
  const all = new Map<RegionName, Map<RegionName, number>>();
  const add = (a: RegionName, b: RegionName, rttMs: number) => {
    all.set(a, (all.get(a) ?? new Map()).set(b, rttMs));
  };
  for (const [a, row] of Object.entries(RTT_MS)) {
    for (const [b, rttMs] of Object.entries(row)) {
      add(a, b, rttMs);
      add(b, a, rttMs);
    }
  }
  return all;
}
