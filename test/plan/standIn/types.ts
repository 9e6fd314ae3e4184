/** What the stand-ins know of a resource type: what the cloud makes up for it, and which inputs cannot change in place. */
export interface TypeFacts {
  readonly computed: (made: Made) => Readonly<Record<string, unknown>>;
  /** Inputs whose change replaces the resource; where it has a region, that too. */
  readonly replacedBy: readonly string[];
  /** Input that is the id of what was made before; without it the stand-in takes nothing over. */
  readonly importedBy?: string;
  /** How ids of this type begin. */
  readonly idPrefix: string;
}

/** A resource that was just made. */
export interface Made {
  readonly id: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** `us-east-1`; of global resources, the empty string. */
  readonly region: string;
}

export const ACCOUNT = "123456789012";

/** Ids and ARNs of a type, as the provider's documentation says of it (registry.terraform.io/providers/hashicorp/aws, and pulumi.com/registry). */
function type(
  idPrefix: string,
  service: string,
  { replacedBy = [], computed = () => ({}), importedBy }: Partial<Omit<TypeFacts, "idPrefix">> = {},
): TypeFacts {
  return {
    idPrefix,
    replacedBy,
    ...(importedBy === undefined ? {} : { importedBy }),
    computed: (made) => ({
      arn: `arn:aws:${service}:${made.region}:${ACCOUNT}:${idPrefix}/${made.id}`,
      ...computed(made),
    }),
  };
}

const global = (service: string, kind: string, more: Parameters<typeof type>[2] = {}) =>
  type(kind, service, {
    ...more,
    computed: (made) => ({
      arn: `arn:aws:${service}::${ACCOUNT}:${kind}/${made.id}`,
      name: made.id,
      ...more.computed?.(made),
    }),
  });

const settingOf = (...replacedBy: string[]) => type("setting", "s3", { replacedBy });

export const AWS_TYPES: Readonly<Record<string, TypeFacts>> = {
  "aws:ec2/vpc:Vpc": type("vpc", "ec2", {
    replacedBy: ["cidrBlock"],
    computed: ({ region }) => ({ ipv6CidrBlock: `2600:1f18:${(hash(region) % 0xffff).toString(16)}:4200::/56` }),
  }),
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": type("sg", "ec2", { replacedBy: ["vpcId"] }),
  "aws:ec2/internetGateway:InternetGateway": type("igw", "ec2"),
  "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": type("eigw", "ec2", { replacedBy: ["vpcId"] }),
  "aws:ec2/subnet:Subnet": type("subnet", "ec2", { replacedBy: ["vpcId", "cidrBlock", "availabilityZone"] }),
  "aws:ec2/routeTable:RouteTable": type("rtb", "ec2", { replacedBy: ["vpcId"] }),
  "aws:ec2/route:Route": type("r", "ec2", {
    replacedBy: ["routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock"],
  }),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": type("rtbassoc", "ec2", { replacedBy: ["subnetId"] }),
  "aws:ec2/vpcEndpoint:VpcEndpoint": type("vpce", "ec2", { replacedBy: ["vpcId", "serviceName", "vpcEndpointType"] }),
  "aws:ec2/eip:Eip": type("eipalloc", "ec2", {
    replacedBy: ["domain"],
    computed: ({ id }) => ({ publicIp: `198.51.100.${hash(id) % 255}` }),
  }),
  "aws:ec2/natGateway:NatGateway": type("nat", "ec2", { replacedBy: ["subnetId", "allocationId"] }),
  "aws:ec2/flowLog:FlowLog": type("fl", "ec2", {
    replacedBy: ["vpcId", "trafficType", "logDestination", "logDestinationType", "iamRoleArn"],
  }),
  "aws:ec2/securityGroup:SecurityGroup": type("sg", "ec2", { replacedBy: ["vpcId", "description", "name"] }),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": type("sgr", "ec2", { replacedBy: ["securityGroupId"] }),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": type("sgr", "ec2", { replacedBy: ["securityGroupId"] }),
  "aws:ec2/launchTemplate:LaunchTemplate": type("lt", "ec2", {
    replacedBy: ["name"],
    computed: () => ({ latestVersion: 1, defaultVersion: 1 }),
  }),
  "aws:autoscaling/group:Group": type("asg", "autoscaling", { replacedBy: ["name"] }),
  "aws:autoscaling/policy:Policy": type("policy", "autoscaling", { replacedBy: ["autoscalingGroupName", "name"] }),
  "aws:lb/loadBalancer:LoadBalancer": type("loadbalancer", "elasticloadbalancing", {
    replacedBy: ["namePrefix", "loadBalancerType", "internal"],
    computed: ({ id, region }) => ({
      dnsName: `${id}.elb.${region}.amazonaws.com`,
      zoneId: `Z${hash(region).toString(36).toUpperCase()}`,
      arnSuffix: `net/${id}/50dc6c495c0c9188`,
    }),
  }),
  "aws:lb/targetGroup:TargetGroup": type("targetgroup", "elasticloadbalancing", {
    replacedBy: ["namePrefix", "port", "protocol", "vpcId", "targetType"],
    computed: ({ id }) => ({ arnSuffix: `targetgroup/${id}/73e2d6bc24d8a067` }),
  }),
  "aws:lb/listener:Listener": type("listener", "elasticloadbalancing", { replacedBy: ["loadBalancerArn"] }),
  "aws:cloudwatch/metricAlarm:MetricAlarm": type("alarm", "cloudwatch", {
    replacedBy: ["name"],
    computed: ({ id }) => ({ name: id }),
  }),
  "aws:sns/topic:Topic": type("topic", "sns", { replacedBy: ["name"] }),
  "aws:sns/topicSubscription:TopicSubscription": type("subscription", "sns", {
    replacedBy: ["topic", "protocol", "endpoint"],
  }),
  "aws:cloudwatch/logGroup:LogGroup": type("log-group", "logs", { replacedBy: ["name"] }),
  "aws:s3/bucket:Bucket": type("bucket", "s3", {
    replacedBy: ["bucket"],
    importedBy: "bucket",
    computed: ({ inputs, region }) => ({
      arn: `arn:aws:s3:::${inputs.bucket}`,
      bucketRegionalDomainName: `${inputs.bucket}.s3.${region}.amazonaws.com`,
    }),
  }),
  "aws:s3/bucketVersioning:BucketVersioning": settingOf("bucket"),
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": settingOf("bucket"),
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": settingOf("bucket"),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": settingOf("bucket"),
  "aws:s3/bucketPolicy:BucketPolicy": settingOf("bucket"),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": settingOf("bucket"),
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": settingOf("bucket"),
  "aws:s3/bucketObjectv2:BucketObjectv2": settingOf("bucket", "key"),
  "aws:ecr/repository:Repository": type("repository", "ecr", {
    replacedBy: ["name"],
    computed: ({ inputs, region }) => ({
      repositoryUrl: `${ACCOUNT}.dkr.ecr.${region}.amazonaws.com/${inputs.name}`,
      registryId: ACCOUNT,
    }),
  }),
  "aws:ecr/replicationConfiguration:ReplicationConfiguration": type("registry", "ecr", {
    computed: () => ({ registryId: ACCOUNT }),
  }),
  "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": type("rule", "ecr", {
    replacedBy: ["ecrRepositoryPrefix", "upstreamRegistryUrl"],
    computed: () => ({ registryId: ACCOUNT }),
  }),
  "aws:ebs/encryptionByDefault:EncryptionByDefault": settingOf(),
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": settingOf("repository"),
  "aws:iam/role:Role": global("iam", "role", { replacedBy: ["name"] }),
  "aws:iam/rolePolicy:RolePolicy": global("iam", "policy", { replacedBy: ["role", "name"] }),
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": global("iam", "attachment", {
    replacedBy: ["role", "policyArn"],
  }),
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": type("oidc-provider", "iam", {
    replacedBy: ["url"],
    computed: ({ inputs }) => ({
      arn: `arn:aws:iam::${ACCOUNT}:oidc-provider/${String(inputs.url).replace("https://", "")}`,
      thumbprintLists: [],
    }),
  }),
  "aws:iam/instanceProfile:InstanceProfile": global("iam", "instance-profile", { replacedBy: ["name"] }),
};

export const DOCKER_TYPES: Readonly<Record<string, TypeFacts>> = {
  "docker:index/image:Image": {
    idPrefix: "image",
    replacedBy: [],
    computed: ({ inputs }) => ({
      repoDigest: `${String(inputs.imageName).replace(/:[^:/]*$/, "")}@sha256:${hash(String(inputs.imageName)).toString(16).padStart(64, "0")}`,
    }),
  },
};

/** FNV-1a: made-up values are the same in each run. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}
