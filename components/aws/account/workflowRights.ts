import type { Right } from "../access/policyDocument.ts";

/** What workflows may do, and where. */
export interface WorkflowScope {
  readonly account: string;
  /** All regions of the account's fleets. */
  readonly regions: readonly string[];
  readonly stateBucket: string;
}

/** What a preview looks at, by service: settings, and nothing that is in a bucket, a secret or an image. */
const LOOKED_AT = {
  autoscaling: "Describe*",
  cloudwatch: "DescribeAlarms ListTagsForResource",
  ec2: "Describe*",
  ecr: "Describe* GetAuthorizationToken GetLifecyclePolicy GetRepositoryPolicy ListTagsForResource",
  elasticloadbalancing: "Describe*",
  logs: "DescribeLogGroups ListTagsForResource",
} as const;

/** What a fleet is made of, by service: nothing else can be deployed. */
const DEPLOYED = {
  autoscaling: `
    CreateAutoScalingGroup UpdateAutoScalingGroup DeleteAutoScalingGroup CreateOrUpdateTags DeleteTags
    PutScalingPolicy DeletePolicy PutLifecycleHook DeleteLifecycleHook EnableMetricsCollection DisableMetricsCollection
    AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups
    StartInstanceRefresh RollbackInstanceRefresh CancelInstanceRefresh`,
  cloudwatch: "PutMetricAlarm DeleteAlarms TagResource UntagResource",
  // A group's machines are started in the name of whoever makes the group.
  ec2: `
    CreateVpc DeleteVpc ModifyVpcAttribute AssociateVpcCidrBlock CreateSubnet DeleteSubnet ModifySubnetAttribute
    CreateInternetGateway DeleteInternetGateway AttachInternetGateway DetachInternetGateway
    CreateEgressOnlyInternetGateway DeleteEgressOnlyInternetGateway CreateNatGateway DeleteNatGateway
    AllocateAddress ReleaseAddress DisassociateAddress CreateRouteTable DeleteRouteTable CreateRoute DeleteRoute ReplaceRoute
    AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation
    CreateVpcEndpoint ModifyVpcEndpoint DeleteVpcEndpoints CreateFlowLogs DeleteFlowLogs
    CreateSecurityGroup DeleteSecurityGroup AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress
    RevokeSecurityGroupIngress RevokeSecurityGroupEgress ModifySecurityGroupRules
    CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplate DeleteLaunchTemplate DeleteLaunchTemplateVersions
    RunInstances CreateTags DeleteTags`,
  elasticloadbalancing: `
    CreateLoadBalancer DeleteLoadBalancer ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets SetIpAddressType
    CreateTargetGroup DeleteTargetGroup ModifyTargetGroup ModifyTargetGroupAttributes
    CreateListener DeleteListener ModifyListener ModifyListenerAttributes AddTags RemoveTags`,
  logs: "CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy TagResource UntagResource",
} as const;

function actionsOf(table: Readonly<Record<string, string>>): string[] {
  return Object.entries(table).flatMap(([service, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => `${service}:${name}`),
  );
}

/** Services that a fleet's roles are for; no other is given one. */
const ROLES_FOR = ["ec2", "s3", "vpc-flow-logs"].map((service) => `${service}.amazonaws.com`);

/** Rights of workflows of pull requests: they see what a preview compares, and change nothing. */
export function previewRights({ account, regions, stateBucket }: WorkflowScope): Right[] {
  return [
    { actions: ["s3:ListBucket", "s3:GetObject"], resources: bucket(stateBucket) },
    { actions: actionsOf(LOOKED_AT), resources: ["*"], condition: inRegions(regions) },
    { actions: ["iam:Get*", "iam:List*"], resources: fleetIdentities(account) },
    // Settings of the fleets' buckets, and functions' versions, which are no secret of theirs.
    { actions: ["s3:Get*", "s3:List*"], resources: bucket("edge-*") },
  ];
}

/** Rights of workflows that deploy: what fleets are made of, in the account's regions, under the names that fleets give. */
export function deployRights(scope: WorkflowScope): Right[] {
  const { account, regions, stateBucket } = scope;
  const condition = inRegions(regions);
  return [
    ...previewRights(scope),
    { actions: ["s3:PutObject", "s3:DeleteObject"], resources: bucket(stateBucket) },
    { actions: actionsOf(DEPLOYED), resources: ["*"], condition },
    // Keys that sign releases; nodes cannot read them.
    {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [`arn:aws:secretsmanager:*:${account}:secret:edge-release/*`],
    },
    { actions: ["s3:*"], resources: bucket("edge-*") },
    { actions: ["ecr:*"], resources: [`arn:aws:ecr:*:${account}:repository/edge-*`], condition },
    {
      actions: [
        ...["CreateRole", "DeleteRole", "UpdateAssumeRolePolicy", "TagRole", "UntagRole", "PutRolePolicy"],
        ...[
          "DeleteRolePolicy",
          "AttachRolePolicy",
          "DetachRolePolicy",
          "CreateInstanceProfile",
          "DeleteInstanceProfile",
        ],
        ...["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "TagInstanceProfile", "UntagInstanceProfile"],
      ].map((action) => `iam:${action}`),
      resources: fleetIdentities(account),
    },
    {
      actions: ["iam:PassRole"],
      resources: [`arn:aws:iam::${account}:role/edge-*`],
      condition: { StringEquals: { "iam:PassedToService": ROLES_FOR } },
    },
    {
      // Made by Amazon at the first group and the first load balancer of an account.
      actions: ["iam:CreateServiceLinkedRole"],
      resources: [`arn:aws:iam::${account}:role/aws-service-role/*`],
      condition: {
        StringEquals: {
          "iam:AWSServiceName": ["autoscaling", "elasticloadbalancing", "spot"].map((name) => `${name}.amazonaws.com`),
        },
      },
    },
  ];
}

/** Roles of fleets begin so; those of this stack do not, so that no workflow gives itself more. */
function fleetIdentities(account: string): string[] {
  return ["role", "instance-profile"].map((kind) => `arn:aws:iam::${account}:${kind}/edge-*`);
}

function bucket(name: string): string[] {
  return [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`];
}

function inRegions(regions: readonly string[]): NonNullable<Right["condition"]> {
  return { StringEquals: { "aws:RequestedRegion": regions } };
}

/** Trust in GitHub's workflows of one kind: `subject` is compared whole, as the token has it. */
export function workflowTrust(providerArn: string, subject: string): string {
  const issuer = "token.actions.githubusercontent.com";
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Federated: providerArn },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: { StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com", [`${issuer}:sub`]: subject } },
      },
    ],
  });
}
