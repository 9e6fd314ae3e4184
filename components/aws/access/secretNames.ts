import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import { awsSecretName } from "@edge-fleet/runner/secretReference";
import { secretUses } from "../../functions/secretUses.ts";

/** How names of secrets and parameters begin that a fleet's nodes may read. */
export function secretPrefix(fleet: string): string {
  return `edge-fleet/${fleet}/`;
}

/** Why nodes in AWS could not have a secret of these functions, by its name alone; empty when they could. */
export function unreadableSecrets(manifests: readonly FunctionManifest[], prefix: string): string[] {
  return secretUses(manifests).flatMap(({ secret, what }) => {
    const name = awsSecretName(secret);
    if (name === null) {
      return `the secret ${secret} (${what}) is on one machine, and nodes in AWS are others; name one that is ssm:/${prefix}<name> or secretsmanager:${prefix}<name>`;
    }
    if (name.startsWith(prefix)) return [];
    return `the secret ${secret} (${what}) is none that nodes may read: its name must begin with ${prefix}`;
  });
}
