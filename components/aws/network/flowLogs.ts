import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../../config/fleetConfig.ts";
import { RegionalComponent } from "../regional.ts";

/** How names of the groups that flow logs are written to begin. */
export const FLOW_LOG_GROUPS = "edge-flow-";
/** Days that flow logs are kept: long enough to look back over an incident. */
const KEPT_DAYS = 30;

export interface FlowLogsArgs {
  readonly region: RegionName;
  readonly vpcId: pulumi.Input<string>;
  /** ARN of the role that writes them. */
  readonly role: pulumi.Input<string>;
}

/** Every connection of a network, accepted or refused, in CloudWatch for 30 days. */
export class FlowLogs extends RegionalComponent {
  constructor(name: string, args: FlowLogsArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:FlowLogs", name, args.region, opts);
    const group = this.makeNamed(aws.cloudwatch.LogGroup, "group", {
      namePrefix: `${FLOW_LOG_GROUPS}${args.region}-`,
      retentionInDays: KEPT_DAYS,
    });
    this.makeNamed(aws.ec2.FlowLog, "log", {
      vpcId: args.vpcId,
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: group.arn,
      iamRoleArn: args.role,
    });
    this.registerOutputs({});
  }
}
