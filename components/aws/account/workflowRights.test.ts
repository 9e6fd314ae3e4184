import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { policy, type Right } from "../access/policyDocument.ts";
import { deployRights, previewRights, workflowTrust } from "./workflowRights.ts";

const SCOPE = { account: "123456789012", regions: ["eu-central-1", "us-east-1"], stateBucket: "acme-edge-state" };
/** What IAM takes of all policies in a role: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. */
const POLICY_CHARS_MAX = 10_240;

const actionsOf = (rights: readonly Right[]) => rights.flatMap(({ actions }) => actions);

describe("what workflows may do", () => {
  it("changes nothing in a preview", () => {
    const changing = actionsOf(previewRights(SCOPE)).filter((action) => !/^[a-z0-9]+:(Describe|Get|List)/.test(action));
    assert.deepEqual(changing, []);
  });

  it("reads no secret but keys that sign releases, and no other bucket than the state's and the fleets'", () => {
    const rights = deployRights(SCOPE);
    assert.deepEqual(
      rights.filter(({ actions }) => actions.some((action) => /^(secretsmanager|ssm|kms|\*)/.test(action))),
      [
        {
          actions: ["secretsmanager:GetSecretValue"],
          resources: ["arn:aws:secretsmanager:*:123456789012:secret:edge-release/*"],
        },
      ],
    );
    const buckets = rights.flatMap(({ actions, resources }) =>
      actions.some((action) => action.startsWith("s3:")) ? resources : [],
    );
    assert.deepEqual([...new Set(buckets)].sort(), [
      "arn:aws:s3:::acme-edge-state",
      "arn:aws:s3:::acme-edge-state/*",
      "arn:aws:s3:::edge-*",
      "arn:aws:s3:::edge-*/*",
    ]);
  });

  it("reaches everything of a service only in the account's regions", () => {
    for (const { actions, resources, condition } of deployRights(SCOPE)) {
      if (!resources.includes("*")) continue;
      assert.deepEqual(condition, { StringEquals: { "aws:RequestedRegion": SCOPE.regions } }, actions.join());
    }
  });

  it("makes roles of fleets alone, and gives them to three services alone", () => {
    for (const { actions, resources, condition } of deployRights(SCOPE)) {
      if (!actions.some((action) => action.startsWith("iam:"))) continue;
      for (const resource of resources) {
        assert.match(resource, /^arn:aws:iam::123456789012:(role|instance-profile)\/(edge-\*|aws-service-role\/\*)$/);
      }
      if (actions.includes("iam:PassRole")) {
        assert.equal(condition?.StringEquals?.["iam:PassedToService"]?.length, 3);
      }
    }
  });

  it("fits what IAM takes of a role's policies", () => {
    const all = ["af-south-1", "ap-northeast-1", "ap-southeast-2", "eu-central-1", "sa-east-1", "us-east-1"];
    assert.ok(policy(deployRights({ ...SCOPE, regions: all })).length < POLICY_CHARS_MAX);
  });

  it("is for workflows whose subject is exactly that, and for Amazon", () => {
    const trust = JSON.parse(workflowTrust("arn:of:github", "repo:acme/edge:environment:production"));
    assert.deepEqual(trust.Statement[0].Condition, {
      StringEquals: {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:acme/edge:environment:production",
      },
    });
  });
});
