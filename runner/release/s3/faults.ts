import { ReleaseError } from "../errors.ts";

/** The shape of what AWS's client throws, and Node's network errors. */
interface Fault extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Answered in the wrong moment: the same request may do a moment later. */
const PASSING = new Set(["RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "Throttling", "ThrottlingException"]);

/** What to do about refusals that do not pass by themselves. */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied: "give this role s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket on bucket and prefix",
  NoSuchBucket: "name a bucket that exists, or make it",
  PermanentRedirect: "the bucket is in another region; give the address its region=",
  AuthorizationHeaderMalformed: "the bucket is in another region; give the address its region=",
  IllegalLocationConstraintException: "the bucket is in another region; give the address its region=",
  InvalidAccessKeyId: "these credentials are unknown; log in again",
  ExpiredToken: "these credentials have ended; log in again",
  SignatureDoesNotMatch: "these credentials are not whole; log in again",
  CredentialsProviderError: "there are no credentials; log in (aws sso login), or give the machine a role",
};

export function statusOf(error: unknown): number {
  return (error as Fault).$metadata?.httpStatusCode ?? 0;
}

export function isAbsent(error: unknown): boolean {
  return (error as Fault).name === "NoSuchKey";
}

export function isUnchanged(error: unknown): boolean {
  return statusOf(error) === 304;
}

/** A condition did not hold: 412, or 409 while another write was under way, or 404 where something was to be replaced. */
export function isLost(error: unknown): boolean {
  const status = statusOf(error);
  return (
    status === 412 || (status === 409 && (error as Fault).name === "ConditionalRequestConflict") || isAbsent(error)
  );
}

/** Whether the same request may do better a moment later: the server is busy, or nobody answered whole. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (PASSING.has((error as Fault).name) || status >= 500 || status === 429) return true;
  const hasNoAnswer = status === 0 || status === 200;
  return hasNoAnswer && !(error instanceof ReleaseError) && !Object.hasOwn(REMEDIES, (error as Fault).name);
}

/** @param where the object's URL. */
export function asStoreError(cause: unknown, where: string): ReleaseError {
  if (cause instanceof ReleaseError) return cause;
  const { name, code, message } = cause as Fault;
  const status = statusOf(cause);
  const answer = status === 0 ? `no answer (${code ?? name}: ${message})` : `answered ${status} ${name}: ${message}`;
  const remedy = REMEDIES[name];
  return new ReleaseError("ERR_RELEASE_STORE", where, remedy === undefined ? answer : `${answer}; ${remedy}`, {
    cause,
  });
}
