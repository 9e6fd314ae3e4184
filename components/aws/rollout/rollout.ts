import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../../config/fleetConfig.ts";
import { OwnResource } from "../../ownResource.ts";

export interface RolloutArgs {
  readonly region: RegionName;
  readonly groupName: pulumi.Input<string>;
  readonly targetGroupArns: readonly pulumi.Input<string>[];
  readonly launchTemplateId: pulumi.Input<string>;
  /** Version of the launch template that every machine is to have. */
  readonly launchTemplateVersion: pulumi.Input<number>;
  /** What nodes are made from, by its hash: a plan says with it why they are replaced. */
  readonly bundle: pulumi.Input<string>;
  /** Image of their machines, for the same reason. */
  readonly machineImage: pulumi.Input<string>;
  /** Instance types, the preferred one first. */
  readonly instanceTypes: readonly string[];
  readonly spotPercent: number;
  /** Nodes that are always On-Demand, and the fewest that serve. */
  readonly nodes: number;
  /** CloudWatch alarms that end the roll and take it back. */
  readonly alarmNames: readonly pulumi.Input<string>[];
  /** How long new nodes serve before the roll counts as done, minutes. */
  readonly bakeMinutes: number;
  /** After this long the roll is taken back, minutes. */
  readonly timeoutMinutes: number;
}

/**
 * The machines of a region in one version: replaces those that have another, a few at a time, and is done when all have it and the region serves. A roll that fails is
 * taken back by Amazon, and the `up` ends with the region's name; regions of later waves keep what they have.
 */
export class Rollout extends OwnResource {
  constructor(name: string, args: RolloutArgs, opts: pulumi.CustomResourceOptions) {
    super("rollout", "Rollout", name, { ...args }, opts);
  }
}
