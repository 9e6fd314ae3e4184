import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";
import { CANONICAL, machineImageName } from "./machineImageName.ts";

/** Stands for the image that the config does not name yet; a preview shows it, and nothing can be started from it. */
const UNNAMED = "ami-00000000000000000";

/**
 * The image's id in a region, found by owner and exact name: never the newest, so that no node is replaced unasked. While the config names none it
 * is one that cannot be started.
 */
export function machineImageId(
  config: AwsConfig,
  region: RegionName,
  opts: { readonly parent: pulumi.Resource },
): pulumi.Output<string> {
  const name = machineImageName(config);
  if (name === null) return pulumi.output(UNNAMED);
  return aws.ec2.getAmiOutput({ region, owners: [CANONICAL], filters: [{ name: "name", values: [name] }] }, opts).id;
}
