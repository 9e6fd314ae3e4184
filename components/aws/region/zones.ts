import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";

/** What Amazon has in a region. */
export interface Offer {
  readonly region: RegionName;
  /** Its availability zones, by name. */
  readonly zones: readonly string[];
  /** Those where at least one of the fleet's instance types is to be had. */
  readonly fitting: readonly string[];
}

/** What is wrong with the regions' offers, as keys of the stack config; nothing when each has enough. */
export function offerProblems(offers: readonly Offer[], wanted: Pick<AwsConfig, "zones" | "instances">): string[] {
  const types = wanted.instances.types.join(", ");
  return offers.flatMap(({ region, zones, fitting }) => {
    if (zones.length < wanted.zones) {
      return `edge-fleet:aws.zones = ${wanted.zones}: ${region} has ${zones.length} (${zones.join(", ")}). Set ${zones.length}, or leave the region out.`;
    }
    if (fitting.length === 0) {
      return `edge-fleet:aws.instances.types = ${types}: ${region} has none of them. Add one that it has.`;
    }
    if (fitting.length < wanted.zones) {
      return `edge-fleet:aws.instances.types = ${types}: ${region} has them in ${fitting.join(", ")} only, and edge-fleet:aws.zones is ${wanted.zones}. Add a type that it has in more zones.`;
    }
    return [];
  });
}

/**
 * Zones of each region's network, as many as the config asks for. All regions are looked up, in previews too, before anything is made in any of their networks.
 *
 * @throws pulumi.RunError, in the outputs, with what is wrong of all regions.
 */
export function chooseZones(
  regions: readonly RegionName[],
  wanted: Pick<AwsConfig, "zones" | "instances">,
  opts: { readonly parent: pulumi.Resource },
): ReadonlyMap<RegionName, readonly pulumi.Output<string>[]> {
  const offers = pulumi.all(regions.map((region) => offerOf(region, wanted.instances.types, opts))).apply((found) => {
    const problems = offerProblems(found, wanted);
    if (problems.length > 0) throw new pulumi.RunError(`the fleet does not fit its regions:\n${problems.join("\n")}`);
    return found;
  });
  return new Map(
    regions.map((region, index) => [
      region,
      Array.from({ length: wanted.zones }, (_, zone) =>
        offers.apply((found) => (found[index] as Offer).fitting[zone] as string),
      ),
    ]),
  );
}

function offerOf(
  region: RegionName,
  types: readonly string[],
  opts: { readonly parent: pulumi.Resource },
): pulumi.Output<Offer> {
  const available = aws.getAvailabilityZonesOutput(
    { region, state: "available", filters: [{ name: "zone-type", values: ["availability-zone"] }] },
    opts,
  );
  const offered = aws.ec2.getInstanceTypeOfferingsOutput(
    { region, locationType: "availability-zone", filters: [{ name: "instance-type", values: [...types] }] },
    opts,
  );
  return pulumi.all([available.names, offered.locations]).apply(([zones, locations]) => ({
    region,
    zones,
    fitting: zones.filter((zone) => locations.includes(zone)),
  }));
}
