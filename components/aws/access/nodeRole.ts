import { PUBLISHED } from "@edge-fleet/runner/agent/machine/publishedMetrics";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { EdgeComponent } from "../../component.ts";
import { certificateSecrets } from "../../node/certificates.ts";
import { assumedBy, policy, type Right } from "./policyDocument.ts";
import { secretPrefix } from "./secretNames.ts";

export interface NodeRoleArgs {
  /** The fleet's name: groups, secrets and parameters of its functions begin with it. */
  readonly fleet: string;
  readonly accountId: string;
  /** ARN of the home bucket. */
  readonly homeBucketArn: pulumi.Input<string>;
  readonly replicaArns: readonly pulumi.Input<string>[];
  /** Name of the certificate's secret. */
  readonly certificateSecret: string;
  /** Repositories whose images nodes pull begin with this. */
  readonly repositoryPrefix: string;
}

/** What a node's agent may do, and its boot: read releases and secrets, say what it serves, pull images, end its own launch and end. */
export class NodeRole extends EdgeComponent {
  readonly instanceProfileArn: pulumi.Output<string>;

  constructor(name: string, args: NodeRoleArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:NodeRole", name, opts);
    const role = new aws.iam.Role(
      this.childName("role"),
      { assumeRolePolicy: assumedBy("ec2.amazonaws.com"), description: `Nodes of the fleet ${args.fleet}` },
      this.childOf(),
    );
    const known = pulumi.all([args.homeBucketArn, pulumi.all([...args.replicaArns])]);
    const rights = new aws.iam.RolePolicy(
      this.childName("role"),
      {
        role: role.id,
        policy: known.apply(([home, replicas]) => policy(nodeRights({ ...args, home, replicas }))),
      },
      this.childOf(),
    );
    // People come to a machine by Session Manager, and by nothing else.
    const session = new aws.iam.RolePolicyAttachment(
      this.childName("session"),
      { role: role.name, policyArn: "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore" },
      this.childOf(),
    );
    const profile = new aws.iam.InstanceProfile(
      this.childName("profile"),
      { role: role.name },
      this.childOf({ dependsOn: [rights, session] }),
    );
    this.instanceProfileArn = profile.arn;
    this.registerOutputs({ instanceProfileArn: this.instanceProfileArn });
  }
}

export interface RightsArgs {
  readonly fleet: string;
  readonly accountId: string;
  readonly home: string;
  readonly replicas: readonly string[];
  readonly certificateSecret: string;
  readonly repositoryPrefix: string;
}

/** The rights of every node, whatever its region. */
export function nodeRights({
  fleet,
  accountId,
  home,
  replicas,
  certificateSecret,
  repositoryPrefix,
}: RightsArgs): Right[] {
  const secret = (name: string) => `arn:aws:secretsmanager:*:${accountId}:secret:${name}`;
  return [
    { actions: ["s3:GetObject"], resources: [home, ...replicas].map((arn) => `${arn}/*`) },
    { actions: ["s3:ListBucket"], resources: [home, ...replicas] },
    { actions: ["s3:PutObject"], resources: [`${home}/acks/*`, `${home}/leases/*`] },
    // Leases of schedules that are gone.
    { actions: ["s3:DeleteObject"], resources: [`${home}/leases/*`] },
    {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [
        // Amazon appends six characters to a secret's name.
        ...Object.values(certificateSecrets(certificateSecret)).map((name) => secret(`${name}-??????`)),
        secret(`${secretPrefix(fleet)}*`),
      ],
    },
    { actions: ["ssm:GetParameters"], resources: [`arn:aws:ssm:*:${accountId}:parameter/${secretPrefix(fleet)}*`] },
    { actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
    {
      actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
      resources: [`arn:aws:ecr:*:${accountId}:repository/${repositoryPrefix}/*`],
    },
    {
      actions: ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"],
      resources: [`arn:aws:autoscaling:*:${accountId}:autoScalingGroup:*:autoScalingGroupName/edge-${fleet}-*`],
    },
    // The group's machines; their addresses are in the network's DNS.
    { actions: ["autoscaling:DescribeAutoScalingGroups"], resources: ["*"] },
    {
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      condition: { StringEquals: { "cloudwatch:namespace": [PUBLISHED.namespace] } },
    },
  ];
}
