import { openSecretStore } from "@edge-fleet/runner/agent/secrets/openSecretStore";
import type { SecretStore } from "@edge-fleet/runner/release/secretStore";
import type { Environment } from "../environment.ts";
import { UsageError } from "../errors.ts";
import { RegionalSecrets } from "./regionalSecrets.ts";

/** Services of AWS that keep secrets. */
export const SECRET_SERVICES = ["ssm", "secretsmanager"] as const;
export type SecretService = (typeof SECRET_SERVICES)[number];

/**
 * Where the authors of a stack put secrets: sealed beside a local fleet; for one in AWS where its nodes may read them, in each of its regions.
 *
 * @throws UsageError for a service of AWS on another stack
 */
export async function openAuthorsStore(
  { config, paths, stack }: Environment,
  service: SecretService | undefined,
): Promise<SecretStore> {
  if (config.aws === null) {
    if (service === undefined) return openSecretStore(`local:${paths.sealed.folder}`);
    throw new UsageError(`stack ${stack} has target ${config.target}: its secrets are sealed, and --in is for AWS`);
  }
  const start =
    service === "secretsmanager" ? `secretsmanager:edge-fleet/${config.name}/` : `ssm:/edge-fleet/${config.name}/`;
  const stores = config.regions.map(
    async ({ name }) => [name, await openSecretStore(`${start}?region=${name}`)] as const,
  );
  return new RegionalSecrets(new Map(await Promise.all(stores)));
}
