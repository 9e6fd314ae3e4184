import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "./config/fleetConfig.ts";

/** One region of a fleet, whatever it is made of: what DNS, monitoring and outputs need of it. */
export interface Region extends pulumi.Resource {
  readonly name: RegionName;
  /** Where clients reach the region: of several nodes, the first. */
  readonly address: pulumi.Output<string>;
}
