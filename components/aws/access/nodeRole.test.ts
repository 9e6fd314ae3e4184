import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeRights } from "./nodeRole.ts";

const ACCOUNT = "123456789012";
const HOME = "arn:aws:s3:::edge-prod-home";
const REPLICA = "arn:aws:s3:::edge-prod-replica";
const secret = (name: string) => `arn:aws:secretsmanager:*:${ACCOUNT}:secret:${name}`;
const GROUPS = `arn:aws:autoscaling:*:${ACCOUNT}:autoScalingGroup:*:autoScalingGroupName/edge-prod-*`;

/** Every action of a node's role, and what it may be done to. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  "s3:GetObject": [`${HOME}/*`, `${REPLICA}/*`],
  "s3:ListBucket": [HOME, REPLICA],
  "s3:PutObject": [`${HOME}/acks/*`, `${HOME}/leases/*`],
  "s3:DeleteObject": [`${HOME}/leases/*`],
  "secretsmanager:GetSecretValue": [
    secret("edge/prod/certificate-??????"),
    secret("edge/prod/certificate-peers-??????"),
    secret("edge-fleet/prod/*"),
  ],
  "ssm:GetParameters": [`arn:aws:ssm:*:${ACCOUNT}:parameter/edge-fleet/prod/*`],
  "ecr:GetAuthorizationToken": ["*"],
  "ecr:BatchCheckLayerAvailability": [`arn:aws:ecr:*:${ACCOUNT}:repository/edge-prod/*`],
  "ecr:BatchGetImage": [`arn:aws:ecr:*:${ACCOUNT}:repository/edge-prod/*`],
  "ecr:GetDownloadUrlForLayer": [`arn:aws:ecr:*:${ACCOUNT}:repository/edge-prod/*`],
  "autoscaling:CompleteLifecycleAction": [GROUPS],
  "autoscaling:RecordLifecycleActionHeartbeat": [GROUPS],
  "autoscaling:DescribeAutoScalingGroups": ["*"],
  "cloudwatch:PutMetricData": ["*"],
};

test("a node's role has these rights and no others", () => {
  const rights = nodeRights({
    ...{ fleet: "prod", accountId: ACCOUNT, home: HOME, replicas: [REPLICA] },
    ...{ certificateSecret: "edge/prod/certificate", repositoryPrefix: "edge-prod" },
  });
  const found = rights.flatMap(({ actions, resources }) => actions.map((action) => [action, resources] as const));
  assert.equal(new Set(found.map(([action]) => action)).size, found.length, "an action is named once");
  assert.deepEqual(Object.fromEntries(found), RIGHTS);
  const conditions = rights.filter((right) => right.condition !== undefined);
  assert.deepEqual(conditions, [
    {
      actions: ["cloudwatch:PutMetricData"],
      resources: ["*"],
      condition: { StringEquals: { "cloudwatch:namespace": ["EdgeFleet"] } },
    },
  ]);
});
