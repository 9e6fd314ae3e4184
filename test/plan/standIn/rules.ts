import { resourcePolicy, rolePolicy, trustPolicy } from "./policyRules.ts";
import {
  absent,
  check,
  eachOf,
  exactlyOne,
  given,
  matching,
  needing,
  notBoth,
  oneOf,
  type Rule,
  type Values,
  when,
  within,
} from "./ruleParts.ts";

/** IAM takes printable Latin-1 in descriptions; security groups less. */
const DESCRIPTION = /^[\u0020-\u007e\u00a1-\u00ff]{1,1000}$/;
const GROUP_DESCRIPTION = /^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/;
const IPV4_BLOCK = /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/;
const IPV6_BLOCK = /^[0-9a-f:]+\/\d{1,3}$/;
const RETENTION_DAYS = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const ALARM_PERIODS = (period: unknown) => [10, 20, 30].includes(Number(period)) || Number(period) % 60 === 0;

const targets = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"];
const groupRule: readonly Rule[] = [
  exactlyOne(...targets),
  matching("cidrIpv4", IPV4_BLOCK),
  matching("cidrIpv6", IPV6_BLOCK),
  oneOf("ipProtocol", "-1", "tcp", "udp", "icmp", "icmpv6"),
  when("ipProtocol", "-1", absent("fromPort", "toPort")),
  when("ipProtocol", "tcp", given("fromPort", "toPort")),
  when("ipProtocol", "udp", given("fromPort", "toPort")),
  within("fromPort", 0, 65_535),
  within("toPort", 0, 65_535),
];

const ofBucket = [matching("bucket", /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)];

function hostBits(values: Values): boolean {
  const [address, length] = String(values.cidrBlock).split("/");
  const number = (address ?? "").split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return number % 2 ** (32 - Number(length)) === 0;
}

/**
 * What the provider and the cloud refuse, as their documentation says: the provider's own, which is in the declarations of @pulumi/aws, and the API's
 * (botocore's models, the service's user guides).
 */
export const RULES: Readonly<Record<string, readonly Rule[]>> = {
  "aws:ec2/vpc:Vpc": [
    matching("cidrBlock", /\/(1[6-9]|2[0-8])$/),
    check("cidrBlock has host bits", hostBits),
    notBoth("assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId"),
    oneOf("instanceTenancy", "default", "dedicated"),
  ],
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": [],
  "aws:ec2/internetGateway:InternetGateway": [],
  "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway": [],
  "aws:ec2/subnet:Subnet": [
    given("availabilityZone"),
    notBoth("availabilityZone", "availabilityZoneId"),
    matching("cidrBlock", /\/(1[6-9]|2[0-8])$/),
    check("cidrBlock has host bits", hostBits),
    matching("ipv6CidrBlock", /\/64$/),
    when("assignIpv6AddressOnCreation", true, given("ipv6CidrBlock")),
    oneOf("privateDnsHostnameTypeOnLaunch", "ip-name", "resource-name"),
  ],
  // Routes are resources of their own: ways in the table would undo those of peerings.
  "aws:ec2/routeTable:RouteTable": [absent("routes")],
  "aws:ec2/route:Route": [
    exactlyOne("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"),
    exactlyOne(
      "gatewayId",
      "natGatewayId",
      "egressOnlyGatewayId",
      "vpcPeeringConnectionId",
      "transitGatewayId",
      "networkInterfaceId",
      "vpcEndpointId",
    ),
    matching("destinationCidrBlock", IPV4_BLOCK),
    matching("destinationIpv6CidrBlock", IPV6_BLOCK),
    needing("egressOnlyGatewayId", "destinationIpv6CidrBlock"),
    needing("natGatewayId", "destinationCidrBlock"),
  ],
  "aws:ec2/routeTableAssociation:RouteTableAssociation": [exactlyOne("subnetId", "gatewayId")],
  "aws:ec2/vpcEndpoint:VpcEndpoint": [
    exactlyOne("serviceName", "resourceConfigurationArn", "serviceNetworkArn"),
    oneOf("vpcEndpointType", "Gateway", "Interface", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
    when("vpcEndpointType", "Gateway", absent("subnetIds", "securityGroupIds", "privateDnsEnabled")),
    check(
      "serviceName is of another region",
      ({ serviceName, region }) =>
        serviceName === undefined || String(serviceName).startsWith(`com.amazonaws.${region}.`),
    ),
  ],
  "aws:ec2/eip:Eip": [oneOf("domain", "vpc"), notBoth("instance", "networkInterface")],
  "aws:ec2/natGateway:NatGateway": [
    oneOf("connectivityType", "public", "private"),
    check(
      "a public gateway needs allocationId and subnetId",
      ({ connectivityType, allocationId, subnetId }) =>
        connectivityType === "private" || (allocationId !== undefined && subnetId !== undefined),
    ),
  ],
  "aws:ec2/flowLog:FlowLog": [
    exactlyOne("vpcId", "subnetId", "eniId", "transitGatewayId", "transitGatewayAttachmentId", "regionalNatGatewayId"),
    oneOf("trafficType", "ACCEPT", "REJECT", "ALL"),
    oneOf("logDestinationType", "cloud-watch-logs", "s3", "kinesis-data-firehose"),
    oneOf("maxAggregationInterval", 60, 600),
    when("logDestinationType", "cloud-watch-logs", given("iamRoleArn", "logDestination")),
    needing("vpcId", "trafficType"),
  ],
  "aws:ec2/securityGroup:SecurityGroup": [
    matching("description", GROUP_DESCRIPTION),
    // Rules are resources of their own.
    absent("ingress", "egress"),
    notBoth("name", "namePrefix"),
  ],
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": groupRule,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": groupRule,
  "aws:ec2/launchTemplate:LaunchTemplate": [
    notBoth("name", "namePrefix"),
    notBoth("updateDefaultVersion", "defaultVersion"),
    notBoth("vpcSecurityGroupIds", "networkInterfaces"),
    check("userData is not Base64 of at most 16 KB", ({ userData }) => isUserData(userData)),
    oneOf("metadataOptions.httpEndpoint", "enabled", "disabled"),
    oneOf("metadataOptions.httpTokens", "required"),
    within("metadataOptions.httpPutResponseHopLimit", 1, 64),
    oneOf("metadataOptions.instanceMetadataTags", "enabled", "disabled"),
    oneOf("metadataOptions.httpProtocolIpv6", "enabled", "disabled"),
    oneOf("blockDeviceMappings.ebs.volumeType", "gp3"),
    oneOf("blockDeviceMappings.ebs.encrypted", "true"),
    within("blockDeviceMappings.ebs.volumeSize", 1, 65_536),
    within("blockDeviceMappings.ebs.iops", 3_000, 80_000),
    within("blockDeviceMappings.ebs.throughput", 125, 2_000),
    oneOf("ebsOptimized", "true", "false"),
    oneOf("networkInterfaces.associatePublicIpAddress", "true", "false"),
    oneOf("networkInterfaces.deleteOnTermination", "true", "false"),
    eachOf("iamInstanceProfile", exactlyOne("arn", "name")),
    oneOf("privateDnsNameOptions.hostnameType", "ip-name", "resource-name"),
    oneOf("tagSpecifications.resourceType", "instance", "volume", "network-interface", "spot-instances-request"),
    oneOf("instanceInitiatedShutdownBehavior", "stop", "terminate"),
  ],
  "aws:autoscaling/group:Group": [
    exactlyOne("launchConfiguration", "launchTemplate", "mixedInstancesPolicy"),
    notBoth("name", "namePrefix"),
    notBoth("availabilityZones", "vpcZoneIdentifiers"),
    notBoth("targetGroupArns", "trafficSources"),
    oneOf("healthCheckType", "EC2", "ELB", "EBS"),
    when("healthCheckType", "ELB", given("targetGroupArns", "healthCheckGracePeriod")),
    check(
      "it wants a number of machines outside its bounds",
      ({ minSize, maxSize, desiredCapacity = minSize }) =>
        Number(minSize) <= Number(desiredCapacity) && Number(desiredCapacity) <= Number(maxSize),
    ),
    // A refresh is the rollout's to start.
    absent("instanceRefresh"),
    eachOf(
      "initialLifecycleHooks",
      given("name", "lifecycleTransition"),
      oneOf("lifecycleTransition", "autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"),
      oneOf("defaultResult", "ABANDON", "CONTINUE"),
      within("heartbeatTimeout", 30, 7_200),
    ),
    oneOf("mixedInstancesPolicy.instancesDistribution.onDemandAllocationStrategy", "prioritized", "lowest-price"),
    oneOf(
      "mixedInstancesPolicy.instancesDistribution.spotAllocationStrategy",
      "lowest-price",
      "capacity-optimized",
      "capacity-optimized-prioritized",
      "price-capacity-optimized",
    ),
    within("mixedInstancesPolicy.instancesDistribution.onDemandPercentageAboveBaseCapacity", 0, 100),
    within("mixedInstancesPolicy.instancesDistribution.onDemandBaseCapacity", 0, 10_000),
    // By a moving name a refresh never starts, and cannot be taken back.
    matching("mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.version", /^\d+$/),
    within("instanceMaintenancePolicy.minHealthyPercentage", 0, 100),
    within("instanceMaintenancePolicy.maxHealthyPercentage", 100, 200),
    eachOf("instanceMaintenancePolicy", given("minHealthyPercentage", "maxHealthyPercentage")),
    oneOf(
      "enabledMetrics",
      "GroupMinSize",
      "GroupMaxSize",
      "GroupDesiredCapacity",
      "GroupInServiceInstances",
      "GroupPendingInstances",
      "GroupStandbyInstances",
      "GroupTerminatingInstances",
      "GroupTotalInstances",
    ),
    oneOf("metricsGranularity", "1Minute"),
    eachOf("tags", given("key", "value", "propagateAtLaunch")),
  ],
  "aws:autoscaling/policy:Policy": [
    oneOf("policyType", "SimpleScaling", "StepScaling", "TargetTrackingScaling", "PredictiveScaling"),
    when(
      "policyType",
      "TargetTrackingScaling",
      given("targetTrackingConfiguration"),
      absent("adjustmentType", "cooldown"),
    ),
    eachOf(
      "targetTrackingConfiguration",
      given("targetValue"),
      exactlyOne("predefinedMetricSpecification", "customizedMetricSpecification"),
    ),
    oneOf(
      "targetTrackingConfiguration.predefinedMetricSpecification.predefinedMetricType",
      "ASGAverageCPUUtilization",
      "ASGAverageNetworkIn",
      "ASGAverageNetworkOut",
      "ALBRequestCountPerTarget",
    ),
    oneOf(
      "targetTrackingConfiguration.customizedMetricSpecification.statistic",
      "Average",
      "Minimum",
      "Maximum",
      "SampleCount",
      "Sum",
    ),
  ],
  "aws:lb/loadBalancer:LoadBalancer": [
    notBoth("name", "namePrefix"),
    matching("namePrefix", /^[A-Za-z0-9][A-Za-z0-9-]{0,5}$/),
    oneOf("loadBalancerType", "network"),
    // One that is made without can never be given one.
    given("securityGroups"),
    exactlyOne("subnets", "subnetMappings"),
    oneOf("ipAddressType", "ipv4", "dualstack"),
    check(
      "inside it has IPv4 alone",
      ({ internal, ipAddressType }) => internal !== true || ipAddressType !== "dualstack",
    ),
    oneOf("enforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "on", "off"),
    oneOf(
      "dnsRecordClientRoutingPolicy",
      "any_availability_zone",
      "availability_zone_affinity",
      "partial_availability_zone_affinity",
    ),
    // Of application load balancers alone.
    absent("idleTimeout", "dropInvalidHeaderFields", "desyncMitigationMode", "enableHttp2", "xffHeaderProcessingMode"),
  ],
  "aws:lb/targetGroup:TargetGroup": [
    notBoth("name", "namePrefix"),
    matching("namePrefix", /^[A-Za-z0-9][A-Za-z0-9-]{0,5}$/),
    oneOf("targetType", "instance", "ip"),
    oneOf("protocol", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    given("port", "protocol", "vpcId"),
    within("port", 1, 65_535),
    oneOf("preserveClientIp", "true", "false"),
    when("protocol", "UDP", absent("preserveClientIp", "proxyProtocolV2")),
    within("deregistrationDelay", 0, 3_600),
    absent("protocolVersion", "slowStart", "loadBalancingAlgorithmType"),
    oneOf("healthCheck.protocol", "TCP", "HTTP", "HTTPS"),
    within("healthCheck.interval", 5, 300),
    within("healthCheck.timeout", 2, 120),
    within("healthCheck.healthyThreshold", 2, 10),
    within("healthCheck.unhealthyThreshold", 2, 10),
    matching("healthCheck.port", /^(traffic-port|\d{1,5})$/),
    matching("healthCheck.matcher", /^[2-5]\d\d([,-][2-5]\d\d)*$/),
    eachOf(
      "healthCheck",
      when("protocol", "TCP", absent("path", "matcher")),
      when("protocol", "HTTP", given("path")),
      when("protocol", "HTTPS", given("path")),
      check(
        "the timeout is not below the interval",
        ({ timeout = 6, interval = 30 }) => Number(timeout) < Number(interval),
      ),
    ),
  ],
  "aws:lb/listener:Listener": [
    oneOf("protocol", "TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    given("port"),
    within("port", 1, 65_535),
    when("protocol", "TCP", absent("sslPolicy", "certificateArn", "alpnPolicy")),
    within("tcpIdleTimeoutSeconds", 60, 6_000),
    oneOf("defaultActions.type", "forward"),
    eachOf("defaultActions", exactlyOne("targetGroupArn", "forward")),
  ],
  "aws:cloudwatch/metricAlarm:MetricAlarm": [
    oneOf(
      "comparisonOperator",
      "GreaterThanOrEqualToThreshold",
      "GreaterThanThreshold",
      "LessThanThreshold",
      "LessThanOrEqualToThreshold",
    ),
    check(
      "either metricQueries, or namespace, metricName, period and a statistic",
      ({ metricQueries, metricName, namespace, period, statistic, extendedStatistic }) =>
        metricQueries === undefined
          ? [metricName, namespace, period, statistic ?? extendedStatistic].every((value) => value !== undefined)
          : [metricName, namespace, period, statistic].every((value) => value === undefined),
    ),
    oneOf("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
    notBoth("statistic", "extendedStatistic"),
    check("period is none that Amazon knows", ({ period }) => period === undefined || ALARM_PERIODS(period)),
    check(
      "it looks at more than a week",
      ({ period = 60, evaluationPeriods }) => Number(period) * Number(evaluationPeriods) <= 604_800,
    ),
    check(
      "more data points than periods are to be over it",
      ({ datapointsToAlarm = 0, evaluationPeriods }) => Number(datapointsToAlarm) <= Number(evaluationPeriods),
    ),
    oneOf("treatMissingData", "missing", "ignore", "breaching", "notBreaching"),
    given("threshold", "evaluationPeriods"),
  ],
  "aws:cloudwatch/logGroup:LogGroup": [
    notBoth("name", "namePrefix"),
    oneOf("retentionInDays", ...RETENTION_DAYS),
    oneOf("logGroupClass", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
  ],
  "aws:s3/bucket:Bucket": [
    ...ofBucket,
    // Each has a resource of its own.
    absent(
      "acl",
      "versioning",
      "lifecycleRules",
      "replicationConfiguration",
      "serverSideEncryptionConfiguration",
      "policy",
    ),
  ],
  "aws:s3/bucketVersioning:BucketVersioning": [
    ...ofBucket,
    oneOf("versioningConfiguration.status", "Enabled", "Suspended", "Disabled"),
  ],
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": [
    ...ofBucket,
    oneOf("rules.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256", "aws:kms", "aws:kms:dsse"),
    eachOf("rules.applyServerSideEncryptionByDefault", when("sseAlgorithm", "AES256", absent("kmsMasterKeyId"))),
  ],
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": [
    ...ofBucket,
    ...["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].map((name) =>
      oneOf(name, true),
    ),
    given("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"),
  ],
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": [
    ...ofBucket,
    oneOf("rule.objectOwnership", "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"),
  ],
  "aws:s3/bucketPolicy:BucketPolicy": [...ofBucket, resourcePolicy("policy")],
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": [
    ...ofBucket,
    eachOf(
      "rules",
      given("id", "status", "filter"),
      oneOf("status", "Enabled", "Disabled"),
      within("noncurrentVersionExpiration.noncurrentDays", 1, 36_500),
      within("abortIncompleteMultipartUpload.daysAfterInitiation", 1, 36_500),
      eachOf("expiration", exactlyOne("days", "date", "expiredObjectDeleteMarker")),
      check(
        "uploads are aborted for whole buckets or prefixes alone",
        ({ abortIncompleteMultipartUpload, filter }) =>
          abortIncompleteMultipartUpload === undefined || !("tag" in ((filter ?? {}) as Values)),
      ),
    ),
  ],
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": [
    ...ofBucket,
    given("role", "rules"),
    // The format that has filters wants all of these.
    eachOf("rules", given("id", "status", "filter", "priority", "deleteMarkerReplication", "destination")),
    oneOf("rules.status", "Enabled", "Disabled"),
    oneOf("rules.deleteMarkerReplication.status", "Enabled", "Disabled"),
    oneOf("rules.destination.storageClass", "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING"),
    check("two rules have one priority or id", ({ rules }) => {
      const list = rules as readonly Values[];
      return ["priority", "id"].every((key) => new Set(list.map((rule) => rule[key])).size === list.length);
    }),
    check("it has more than 1,000 rules", ({ rules }) => (rules as readonly unknown[]).length <= 1_000),
  ],
  "aws:s3/bucketObjectv2:BucketObjectv2": [
    ...ofBucket,
    exactlyOne("source", "content", "contentBase64"),
    notBoth("etag", "kmsKeyId"),
  ],
  "aws:ecr/repository:Repository": [
    matching("name", /^(?=.{2,256}$)[a-z0-9]+([._/-][a-z0-9]+)*$/),
    oneOf("imageTagMutability", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"),
    oneOf("encryptionConfigurations.encryptionType", "AES256", "KMS"),
  ],
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": [
    check("a rule for any image is not the last one", ({ policy }) => {
      const { rules } = JSON.parse(String(policy)) as {
        rules: readonly { rulePriority: number; selection: { tagStatus: string } }[];
      };
      const any = rules.filter(({ selection }) => selection.tagStatus === "any");
      const last = Math.max(...rules.map(({ rulePriority }) => rulePriority));
      return any.length <= 1 && any.every(({ rulePriority }) => rulePriority === last);
    }),
  ],
  "aws:ecr/replicationConfiguration:ReplicationConfiguration": [
    eachOf("replicationConfiguration.rules", given("destinations")),
    check("it has more than 10 rules, or 25 places in one", ({ replicationConfiguration }) => {
      const { rules = [] } = (replicationConfiguration ?? {}) as { rules?: readonly { destinations: unknown[] }[] };
      return rules.length <= 10 && rules.every(({ destinations }) => destinations.length <= 25);
    }),
    matching("replicationConfiguration.rules.destinations.registryId", /^\d{12}$/),
    oneOf("replicationConfiguration.rules.repositoryFilters.filterType", "PREFIX_MATCH"),
  ],
  "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": [
    matching("ecrRepositoryPrefix", /^(ROOT|(?=.{2,30}$)[a-z0-9]+([._/-][a-z0-9]+)*)$/),
    oneOf(
      "upstreamRegistryUrl",
      "public.ecr.aws",
      "quay.io",
      "registry.k8s.io",
      "registry-1.docker.io",
      "ghcr.io",
      "registry.gitlab.com",
      "cgr.dev",
    ),
    matching("credentialArn", /:secret:ecr-pullthroughcache\//),
    when("upstreamRegistryUrl", "registry-1.docker.io", given("credentialArn")),
    when("upstreamRegistryUrl", "ghcr.io", given("credentialArn")),
  ],
  "aws:ebs/encryptionByDefault:EncryptionByDefault": [oneOf("enabled", true)],
  "aws:sns/topic:Topic": [
    notBoth("name", "namePrefix"),
    matching("name", /^[\w-]{1,256}(\.fifo)?$/),
    matching("displayName", /^.{0,100}$/),
  ],
  "aws:sns/topicSubscription:TopicSubscription": [
    oneOf("protocol", "email", "email-json", "http", "https", "lambda", "sms", "sqs", "firehose", "application"),
    when("protocol", "https", matching("endpoint", /^https:/)),
    when("protocol", "email", matching("endpoint", /^[^@\s]+@[^@\s]+$/)),
  ],
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider": [
    matching("url", /^https:\/\//),
    given("clientIdLists"),
    matching("thumbprintLists", /^[0-9a-f]{40}$/),
  ],
  "aws:iam/role:Role": [
    trustPolicy("assumeRolePolicy"),
    matching("description", DESCRIPTION),
    notBoth("name", "namePrefix"),
    within("maxSessionDuration", 3_600, 43_200),
    absent("inlinePolicies", "managedPolicyArns"),
  ],
  "aws:iam/rolePolicy:RolePolicy": [rolePolicy("policy"), notBoth("name", "namePrefix")],
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": [
    matching("policyArn", /^arn:aws:iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/),
  ],
  "aws:iam/instanceProfile:InstanceProfile": [notBoth("name", "namePrefix")],
};

function isUserData(value: unknown): boolean {
  if (value === undefined) return true;
  const bytes = Buffer.from(String(value), "base64");
  return bytes.length <= 16_384 && bytes.toString("base64") === value;
}
