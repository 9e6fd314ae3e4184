import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../config/fleetConfig.ts";

/** Where a region is. */
export interface RegionOutputs {
  /** Public name of its load balancer. */
  readonly address: pulumi.Output<string>;
  /** Its own URL, whatever its health. */
  readonly url: string;
}

/** Where a fleet in the cloud is, and what it serves: the stack's output `cloud`. URLs are names of the fleet's domain, whose DNS leads to the load balancers. */
export interface CloudOutputs {
  readonly url: string;
  readonly regions: Readonly<Record<RegionName, RegionOutputs>>;
  /** Number of the live release, as of the last `up` or refresh. */
  readonly release: pulumi.Output<number>;
  readonly generation: pulumi.Output<number>;
  /** Address of the release store: `s3://<bucket>/?region=<region>`. */
  readonly store: string;
}
