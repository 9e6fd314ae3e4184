import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { EdgeComponent } from "../../component.ts";
import { assumedBy, policy } from "./policyDocument.ts";

/** Role with which the networks' flow logs of all regions are written. */
export class FlowLogRole extends EdgeComponent {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:FlowLogRole", name, opts);
    const role = new aws.iam.Role(
      this.childName("role"),
      { assumeRolePolicy: assumedBy("vpc-flow-logs.amazonaws.com"), description: "Writes the networks' flow logs" },
      this.childOf(),
    );
    new aws.iam.RolePolicy(
      this.childName("role"),
      {
        role: role.id,
        // Flow logs ask for these on all groups: they list before they write.
        policy: policy([
          {
            actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"],
            resources: ["*"],
          },
        ]),
      },
      this.childOf(),
    );
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
