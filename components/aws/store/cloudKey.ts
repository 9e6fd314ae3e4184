import { createPublicKey } from "node:crypto";
import { readReleaseKeys, readSigner } from "@edge-fleet/runner/release/signature";
import type { Signing } from "../../functionStore/releasePlace.ts";

/** With what a fleet in the cloud signs its releases. */
export interface CloudKey {
  /** Name in Secrets Manager of the private Ed25519 key, PEM. */
  readonly secret: string;
  readonly region: string;
  /** Public keys that nodes believe, PEM; the first is the secret's. */
  readonly trusted: string;
}

/** @throws Error when there is none yet */
export function requireCloudKey(key: CloudKey | null): CloudKey {
  if (key !== null) return key;
  throw new Error(
    "edge-fleet:aws.releaseKey is null: nodes would take no release. Make a key: docs/releases.md#a-key-in-the-cloud",
  );
}

/**
 * Reads the key of deployers; it stays in this process's memory.
 *
 * @throws Error naming the secret and the remedy when it cannot be read, or is not the key that nodes believe
 */
export async function readCloudKey({ secret, region, trusted }: CloudKey): Promise<Signing> {
  const { ManagedSecretSource } = await import("@edge-fleet/runner/agent/secrets/secretsManager");
  const reference = `secretsmanager:${secret}`;
  const found = (await new ManagedSecretSource({ region, endpoint: null }).fetch([reference])).get(reference);
  if (found === undefined || "fault" in found) {
    throw new Error(`the release key cannot be read in ${region}: ${found?.reason}`);
  }
  const signer = readSigner(found.value, `the secret ${secret}`);
  const keys = readReleaseKeys(trusted, "edge-fleet:aws.releaseKey.trusted");
  if (!keys[0]?.equals(createPublicKey(signer))) {
    throw new Error(
      `the secret ${secret} in ${region} is not the key whose public one stands first in edge-fleet:aws.releaseKey.trusted: nodes would not believe it. Put its public key there first, and keep the others below it.`,
    );
  }
  return { signer, keys };
}
