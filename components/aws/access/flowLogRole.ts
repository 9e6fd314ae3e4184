import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { EdgeComponent } from "../../component.ts";
import { FLOW_LOG_GROUPS } from "../network/flowLogs.ts";
import { assumedBy, policy } from "./policyDocument.ts";

export interface FlowLogRoleArgs {
  readonly accountId: string;
}

/** Role with which the networks' flow logs of all regions are written. */
export class FlowLogRole extends EdgeComponent {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, { accountId }: FlowLogRoleArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:FlowLogRole", name, opts);
    const role = new aws.iam.Role(
      this.childName("role"),
      {
        assumeRolePolicy: assumedBy("vpc-flow-logs.amazonaws.com", {
          account: accountId,
          arn: `arn:aws:ec2:*:${accountId}:vpc-flow-log/*`,
        }),
        description: "Writes the networks' flow logs",
      },
      this.childOf(),
    );
    new aws.iam.RolePolicy(
      this.childName("role"),
      {
        role: role.id,
        policy: policy([
          {
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: [`arn:aws:logs:*:${accountId}:log-group:${FLOW_LOG_GROUPS}*`],
          },
          // Flow logs list before they write.
          { actions: ["logs:DescribeLogGroups", "logs:DescribeLogStreams"], resources: ["*"] },
        ]),
      },
      this.childOf(),
    );
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
