import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";

/** Canonical's account in the commercial regions: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/. */
const CANONICAL = "099720109477";
/** Stands for the image that the config does not name yet; a preview shows it, and nothing can be started from it. */
const UNNAMED = "ami-00000000000000000";

/** Exact name of the Ubuntu image; null while its serial is not chosen. */
export function machineImageName({ machineImage, architecture }: AwsConfig): string | null {
  const { release, serial } = machineImage;
  if (serial === null) return null;
  const processor = architecture === "arm64" ? "arm64" : "amd64";
  return `ubuntu/images/hvm-ssd-gp3/ubuntu-${release}-${processor}-server-${serial}`;
}

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
