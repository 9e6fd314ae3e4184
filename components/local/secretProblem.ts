import { sealedNames } from "@edge-fleet/runner/agent/secrets/sealedNames";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import { readSecret } from "@edge-fleet/runner/secretFiles";
import { parseSecretReference } from "@edge-fleet/runner/secretReference";
import { secretUses } from "../functions/secretUses.ts";
import { statePaths } from "./stateDir.ts";

/** What would keep nodes on this machine from having a secret, with the remedy; null when nothing does. */
export async function secretProblem(
  root: string,
  secret: string,
  use: { readonly owner: string; readonly what: string },
): Promise<string | null> {
  const { secrets, sealed } = statePaths(root);
  const reference = parseSecretReference(secret);
  if (reference.kind === "local") {
    if ((await sealedNames(sealed.folder)).includes(reference.name)) return null;
    return `the secret ${secret} (${use.what}) is not set; set it with \`edge secrets set ${reference.name}\``;
  }
  if (reference.kind !== "file") {
    return `the secret ${secret} (${use.what}) is in AWS, which nodes on this machine do not ask; name one that is local:<name>, or a file`;
  }
  try {
    await readSecret(secrets, secret, use);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The same of all secrets of these functions and their policies; empty when nodes can have all of them. */
export async function missingSecrets(root: string, manifests: readonly FunctionManifest[]): Promise<string[]> {
  const problems = await Promise.all(
    secretUses(manifests).map(({ secret, ...use }) => secretProblem(root, secret, use)),
  );
  return problems.filter((problem) => problem !== null);
}
