import type { AwsConfig } from "../../config/fleetConfig.ts";

/** Canonical's account in the commercial regions: https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/. */
export const CANONICAL = "099720109477";

/** What the names of a fleet's images begin with: after it stands the serial. */
export function machineImagePrefix({ machineImage, architecture }: AwsConfig): string {
  const processor = architecture === "arm64" ? "arm64" : "amd64";
  return `ubuntu/images/hvm-ssd-gp3/ubuntu-${machineImage.release}-${processor}-server-`;
}

/** Exact name of the Ubuntu image; null while its serial is not chosen. */
export function machineImageName(config: AwsConfig): string | null {
  const { serial } = config.machineImage;
  return serial === null ? null : `${machineImagePrefix(config)}${serial}`;
}
