import { rolePolicy, trustPolicy } from "./policyRules.ts";
import { absent, given, matching, notBoth, type Rule, within } from "./ruleParts.ts";

/** IAM takes printable Latin-1 in descriptions. */
const DESCRIPTION = /^[\u0020-\u007e\u00a1-\u00ff]{1,1000}$/;

/** Of roles and their rights. */
export const ACCESS_RULES: Readonly<Record<string, readonly Rule[]>> = {
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
