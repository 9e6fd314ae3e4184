import { CommandError } from "../errors.ts";

/** Of one call of a command to AWS, all attempts included, ms. */
export const AWS_CALL_MS = 30_000;

const CREDENTIALS =
  "Give credentials in one of AWS' ordinary ways: AWS_PROFILE, `aws sso login`, AWS_ACCESS_KEY_ID or a role";

/** What AWS's errors mean to who runs a command, by their names. */
const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsProviderError: CREDENTIALS,
  TokenProviderError: CREDENTIALS,
  AuthFailure: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  ExpiredTokenException: CREDENTIALS,
  RequestExpired: CREDENTIALS,
  InvalidClientTokenId: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  UnauthorizedOperation: "Allow this role to call it",
  AccessDeniedException: "Allow this role to call it",
  OptInRequired: "Switch the region on in this account",
  TimeoutError: "It did not answer in time",
};

/** An error of AWS's SDK as a command tells it. @param what what was asked, and where */
export function awsProblem(what: string, cause: unknown): CommandError {
  const { name, message } = cause as Error;
  const remedy = REMEDIES[name];
  const told = `${what}: ${name}: ${message.replace(/\.$/, "")}`;
  return new CommandError(remedy === undefined ? told : `${told}. ${remedy}.`, { cause });
}
