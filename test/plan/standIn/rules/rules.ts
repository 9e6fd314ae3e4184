import { ACCESS_RULES } from "./accessRules.ts";
import { MACHINE_RULES } from "./machineRules.ts";
import { NETWORK_RULES } from "./networkRules.ts";
import type { Rule } from "./ruleParts.ts";
import { STORAGE_RULES } from "./storageRules.ts";
import { WATCH_RULES } from "./watchRules.ts";

/**
 * What the provider and the cloud refuse, as their documentation says: the provider's own, which is in the declarations of @pulumi/aws, and the API's
 * (botocore's models, the service's user guides).
 */
export const RULES: Readonly<Record<string, readonly Rule[]>> = {
  ...NETWORK_RULES,
  ...MACHINE_RULES,
  ...STORAGE_RULES,
  ...WATCH_RULES,
  ...ACCESS_RULES,
};
