import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GLOBAL_TYPES } from "../../components/aws/places.ts";
import { isRegional, refusals } from "./standIn/arguments.ts";
import { RULES } from "./standIn/rules/rules.ts";
import { AWS_TYPES } from "./standIn/types.ts";

const GROUP = "aws:autoscaling/group:Group";
const TARGETS = "aws:lb/targetGroup:TargetGroup";
const RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const ROLE = "aws:iam/role:Role";
const trust = (statement: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", ...statement }] });

describe("what the stand-ins refuse, as the provider and the cloud would", () => {
  it("has rules for every type that they know", () => {
    assert.deepEqual(
      Object.keys(AWS_TYPES).filter((type) => RULES[type] === undefined),
      [],
    );
  });

  it("knows which types belong to no region, as the program does", () => {
    assert.deepEqual(
      Object.keys(AWS_TYPES)
        .filter((type) => !isRegional(type))
        .sort(),
      [...GLOBAL_TYPES].sort(),
    );
  });

  for (const [what, type, inputs, refused] of [
    ["an argument that the type has not", "aws:ec2/route:Route", { tags: {} }, /it has no argument tags/],
    ["an argument that is missing", "aws:ec2/route:Route", {}, /routeTableId is missing/],
    [
      "ports of all protocols",
      RULE,
      { securityGroupId: "sg", ipProtocol: "-1", cidrIpv4: "0.0.0.0/0", fromPort: 1 },
      /fromPort cannot be given/,
    ],
    [
      "a rule for nobody",
      RULE,
      { securityGroupId: "sg", ipProtocol: "tcp", fromPort: 1, toPort: 1 },
      /exactly one of cidrIpv4, .* not 0/,
    ],
    [
      "a rule for two",
      RULE,
      { securityGroupId: "sg", ipProtocol: "-1", cidrIpv4: "0.0.0.0/0", cidrIpv6: "::/0" },
      /not 2/,
    ],
    [
      "a machine without IMDSv2",
      "aws:ec2/launchTemplate:LaunchTemplate",
      { metadataOptions: { httpTokens: "optional" } },
      /"optional" is none of required/,
    ],
    ["user data in clear", "aws:ec2/launchTemplate:LaunchTemplate", { userData: "#cloud-config" }, /not Base64/],
    [
      "a template by a moving name",
      GROUP,
      {
        minSize: 1,
        maxSize: 2,
        mixedInstancesPolicy: { launchTemplate: { launchTemplateSpecification: { version: "$Latest" } } },
      },
      /\$Latest.*does not match/,
    ],
    [
      "a group with two sources of machines",
      GROUP,
      { minSize: 1, maxSize: 2, launchTemplate: {}, mixedInstancesPolicy: {} },
      /exactly one of launchConfiguration, launchTemplate, mixedInstancesPolicy/,
    ],
    [
      "a hook that waits too long",
      GROUP,
      {
        minSize: 1,
        maxSize: 2,
        mixedInstancesPolicy: {},
        initialLifecycleHooks: [
          { name: "x", lifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", heartbeatTimeout: 7_201 },
        ],
      },
      /heartbeatTimeout = 7201 is not within 30 and 7200/,
    ],
    [
      "a load balancer without a group",
      "aws:lb/loadBalancer:LoadBalancer",
      { loadBalancerType: "network", subnets: ["a"] },
      /securityGroups is missing/,
    ],
    [
      "a health check that lasts as long as its interval",
      TARGETS,
      {
        port: 80,
        protocol: "TCP",
        vpcId: "vpc",
        healthCheck: { protocol: "HTTP", path: "/", interval: 5, timeout: 5 },
      },
      /the timeout is not below the interval/,
    ],
    [
      "a path of a TCP check",
      TARGETS,
      { port: 80, protocol: "TCP", vpcId: "vpc", healthCheck: { protocol: "TCP", path: "/" } },
      /path cannot be given/,
    ],
    [
      "replication of the old format",
      "aws:s3/bucketReplicationConfig:BucketReplicationConfig",
      { bucket: "edge-x", role: "r", rules: [{ id: "a", status: "Enabled", filter: {}, destination: {} }] },
      /priority, deleteMarkerReplication is missing/,
    ],
    [
      "an alarm without a statistic",
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      {
        comparisonOperator: "LessThanThreshold",
        evaluationPeriods: 1,
        threshold: 1,
        metricName: "x",
        namespace: "y",
        period: 60,
      },
      /either metricQueries/,
    ],
    [
      "a log group that is kept for a number of days that Amazon has not",
      "aws:cloudwatch/logGroup:LogGroup",
      { retentionInDays: 31 },
      /31 is none of/,
    ],
    [
      "an endpoint of another region",
      "aws:ec2/vpcEndpoint:VpcEndpoint",
      { vpcId: "vpc", region: "eu-west-1", serviceName: "com.amazonaws.us-east-1.s3" },
      /of another region/,
    ],
    ["trust in nobody", ROLE, { assumeRolePolicy: trust({}) }, /statement 0: it names nobody/],
    [
      "a condition that does not exist",
      ROLE,
      { assumeRolePolicy: trust({ Principal: { Service: "x" }, Condition: { Equals: {} } }) },
      /Equals is no operator/,
    ],
    [
      "rights to what is no ARN",
      "aws:iam/rolePolicy:RolePolicy",
      {
        role: "r",
        policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: ["bucket/*"] }],
        }),
      },
      /bucket\/\* is no ARN/,
    ],
  ] as const) {
    it(`refuses ${what}`, () => assert.match(refusals(type, inputs).join("\n"), refused));
  }

  it("waits for what is not known yet", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    assert.deepEqual(refusals("aws:ec2/launchTemplate:LaunchTemplate", { userData: unknown, region: "eu-west-1" }), []);
    assert.deepEqual(
      refusals(RULE, {
        securityGroupId: unknown,
        ipProtocol: "tcp",
        fromPort: 1,
        toPort: 1,
        referencedSecurityGroupId: unknown,
      }),
      [],
    );
  });
});
