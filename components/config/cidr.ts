import ipaddr from "ipaddr.js";
import type { RegionName } from "./fleetConfig.ts";
import { AWS_REGIONS, type AwsRegionCode } from "./regions.ts";

/** An IPv4 network: its first address as a number, and its prefix length. */
export interface Cidr {
  readonly start: number;
  readonly prefix: number;
}

/** Range that regions get their networks from. */
export const FLEET_RANGE = "10.0.0.0/8";

/** Amazon VPC takes /16 to /28; below /24 there is no room for the reserved subnets. */
export const SMALLEST_REGION_PREFIX = 24;
export const LARGEST_REGION_PREFIX = 16;

/** Subnets of each kind that a region's network has room for. The largest region has 6 zones. */
export const RESERVED_ZONES = 8;

const PRIVATE_RANGES = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(parseCidr) as readonly Cidr[];

/** Reads strict `a.b.c.d/n` notation whose host bits are zero; null for anything else. */
export function parseCidr(text: string): Cidr | null {
  const [address = "", length = "", ...rest] = text.split("/");
  if (rest.length > 0 || !ipaddr.IPv4.isValidFourPartDecimal(address) || !/^(0|[1-9]\d?)$/.test(length)) return null;
  const prefix = Number(length);
  if (prefix > 32) return null;
  const start = ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return start % 2 ** (32 - prefix) === 0 ? { start, prefix } : null;
}

export function formatCidr({ start, prefix }: Cidr): string {
  return `${[24, 16, 8, 0].map((shift) => (start >>> shift) & 255).join(".")}/${prefix}`;
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.start < b.start + 2 ** (32 - b.prefix) && b.start < a.start + 2 ** (32 - a.prefix);
}

export function isPrivate(cidr: Cidr): boolean {
  return PRIVATE_RANGES.some((range) => cidr.prefix >= range.prefix && overlaps(cidr, range));
}

/**
 * The /16 of a region. It depends on nothing but the region's fixed row, so that adding or removing a region never moves
 * another. Throws a `RangeError` when the range has no room for the row.
 */
export function regionCidr(region: RegionName, fleetRange = FLEET_RANGE): string {
  const range = parseCidr(fleetRange);
  const row = AWS_REGIONS[region as AwsRegionCode]?.cidrRow;
  if (range === null || row === undefined) throw new RangeError(`no network for region ${region} in ${fleetRange}`);
  const start = range.start + row * 2 ** 16;
  if (range.prefix > 16 || row >= 2 ** (16 - range.prefix)) {
    throw new RangeError(`${fleetRange} has no room for region ${region}: it needs the /16 number ${row}`);
  }
  return formatCidr({ start, prefix: 16 });
}

export interface ZoneSubnets {
  /** One per zone, in zone order; more than any region has zones. */
  readonly public: readonly string[];
  readonly private: readonly string[];
}

/**
 * Cuts a region's network into sixteen equal subnets: the first eight are public, the others private. A zone's subnet
 * depends on its index alone, so that a new zone moves nothing. Throws a `RangeError` for what `parseCidr` refuses.
 */
export function zoneSubnets(regionNetwork: string): ZoneSubnets {
  const network = parseCidr(regionNetwork);
  if (network === null || network.prefix > SMALLEST_REGION_PREFIX) {
    throw new RangeError(`${regionNetwork} is not a network of /${SMALLEST_REGION_PREFIX} or larger`);
  }
  const prefix = network.prefix + Math.log2(2 * RESERVED_ZONES);
  const subnet = (index: number) => formatCidr({ start: network.start + index * 2 ** (32 - prefix), prefix });
  const zones = Array.from({ length: RESERVED_ZONES }, (_, zone) => zone);
  return { public: zones.map(subnet), private: zones.map((zone) => subnet(RESERVED_ZONES + zone)) };
}
