import ipaddr from "ipaddr.js";
import { zoneSubnets } from "../../config/cidr.ts";

/** A subnet of a zone: its IPv4 block, and which of the network's 256 IPv6 blocks of /64 it has. */
export interface SubnetPlan {
  readonly cidr: string;
  readonly ipv6Index: number;
}

export interface ZonePlan {
  readonly public: SubnetPlan;
  readonly private: SubnetPlan;
}

/** Subnets of the first `zones` zones. Each depends on the zone's index alone, so a zone more moves nothing. */
export function planZones(regionNetwork: string, zones: number): readonly ZonePlan[] {
  const blocks = zoneSubnets(regionNetwork);
  return Array.from({ length: zones }, (_, zone) => ({
    public: { cidr: blocks.public[zone] as string, ipv6Index: zone },
    private: { cidr: blocks.private[zone] as string, ipv6Index: 0x80 + zone },
  }));
}

/**
 * Block number `index` (0 to 255) of a network's IPv6 /56, as /64.
 *
 * @throws RangeError when `network` is not a /56 as Amazon gives them, or the index is beyond it.
 */
export function ipv6Subnet(network: string, index: number): string {
  const [address = "", prefix] = network.split("/");
  const parts = prefix === "56" && ipaddr.IPv6.isValid(address) ? ipaddr.IPv6.parse(address).parts : [];
  const fourth = parts[3];
  if (fourth === undefined || fourth % 0x100 !== 0 || !Number.isInteger(index) || index < 0 || index > 0xff) {
    throw new RangeError(`${network} has no /64 number ${index}: it is not a /56`);
  }
  return `${new ipaddr.IPv6([...parts.slice(0, 3), fourth + index, 0, 0, 0, 0])}/64`;
}
