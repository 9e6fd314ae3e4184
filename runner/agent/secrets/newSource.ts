import type { FetchedKind } from "../../secretReference.ts";
import type { SecretsConfig } from "./config.ts";
import { NamedSource } from "./namedSource.ts";
import type { Fetched, SecretSource } from "./source.ts";

const NOT_GIVEN = {
  local: "this node has no sealed secrets; name a secret of ssm: or secretsmanager:",
  ssm: "this node asks no Parameter Store; name a secret that is local:, or a file on the node",
  secretsmanager: "this node asks no Secrets Manager; name a secret that is local:, or a file on the node",
} as const satisfies Record<FetchedKind, string>;

const MINUTE_MS = 60_000;

/** The source of one kind, as the node's config has it. Loaded when it is needed: a kind that nobody names takes no memory. */
export async function newSource(kind: FetchedKind, { sealed, aws }: SecretsConfig): Promise<SecretSource> {
  if (kind === "local" && sealed !== null) return new (await import("./sealedSecrets.ts")).SealedSource(sealed);
  if (kind === "ssm" && aws !== null) {
    return new NamedSource(new (await import("./parameterStore.ts")).ParameterSource(aws), aws.prefix);
  }
  if (kind === "secretsmanager" && aws !== null) {
    return new NamedSource(new (await import("./secretsManager.ts")).ManagedSecretSource(aws), aws.prefix);
  }
  return { kind, everyMs: MINUTE_MS, fetch: async (references) => new Map(references.map(notGiven)) };
}

function notGiven(reference: string): [string, Fetched] {
  const kind = reference.split(":")[0] as FetchedKind;
  return [reference, { fault: "denied", reason: `${reference}: ${NOT_GIVEN[kind]}` }];
}
