import { SecretStoreError } from "../../release/secretStore.ts";
import type { Fetched, SecretFault } from "./source.ts";

/** What AWS says of a secret, by the names of its errors. */
const FAULTS: Readonly<Record<string, SecretFault>> = {
  ParameterNotFound: "missing",
  ResourceNotFoundException: "missing",
  // A secret that is about to be deleted.
  InvalidRequestException: "missing",
  AccessDeniedException: "denied",
  DecryptionFailure: "denied",
  InvalidKeyId: "denied",
  UnrecognizedClientException: "denied",
  ExpiredTokenException: "denied",
};

const REMEDIES: Readonly<Record<SecretFault, string>> = {
  missing: "set it in this region",
  denied: "allow this role to read it, and to use the key that it is encrypted with",
  away: "it is tried again",
  unfit: "set another value",
};

/** Of one call, all attempts included, ms. */
export const AWS_CALL_MS = 10_000;

export function faultOf(error: unknown): SecretFault {
  return FAULTS[(error as Error).name] ?? "away";
}

export function refusal(reference: string, error: unknown): Fetched {
  const fault = faultOf(error);
  const { name, message } = error as Error;
  return { fault, reason: `${reference}: ${name}: ${message}; ${REMEDIES[fault]}` };
}

/** For who sets secrets. */
export function asSecretStoreError(where: string, cause: unknown): SecretStoreError {
  if (cause instanceof SecretStoreError) return cause;
  const { name, message } = cause as Error;
  return new SecretStoreError(`${where}: ${name}: ${message}`, { cause });
}
