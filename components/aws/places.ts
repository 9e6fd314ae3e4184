/** AWS resources and look-ups that belong to no region. Everything else says where it is. */
export const GLOBAL_TYPES: ReadonlySet<string> = new Set([
  "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
  "aws:iam/role:Role",
  "aws:iam/rolePolicy:RolePolicy",
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  "aws:iam/instanceProfile:InstanceProfile",
]);
