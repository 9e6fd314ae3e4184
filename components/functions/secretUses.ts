import type { FunctionManifest } from "@edge-fleet/runner/release/types";

/** A secret that a function or one of its policies names. */
export interface SecretUse {
  /** The function. */
  readonly owner: string;
  /** What has its value, for people: `API_KEY of api`. */
  readonly what: string;
  /** Its reference. */
  readonly secret: string;
}

/** Every secret that these functions need. */
export function secretUses(manifests: readonly FunctionManifest[]): SecretUse[] {
  return manifests.flatMap(({ name, secrets, policies }) => [
    ...Object.entries(secrets).map(([variable, secret]) => ({ owner: name, what: `${variable} of ${name}`, secret })),
    ...(policies?.signedUrls?.secrets ?? []).map((secret) => ({
      ...{ owner: name, secret },
      what: `policies.signedUrls of ${name}`,
    })),
  ]);
}
