import { SECRET_REFERENCE } from "../../secretReference.ts";

/** Where the agent fetches secrets that are named by reference, and where it puts their values. */
export interface SecretsConfig {
  /** Folder that router, broker and door read: a file per secret. */
  readonly folder: string;
  /** Secrets that were sealed for the fleet, and the file with the key that opens them; null where there are none. */
  readonly sealed: { readonly folder: string; readonly keyFile: string } | null;
  /** Parameter Store and Secrets Manager; null where neither is asked. */
  readonly aws: AwsSecrets | null;
  /** What the node itself needs, whatever functions it serves: references of its issuers, databases and servers. */
  readonly always: readonly string[];
}

export interface AwsSecrets {
  readonly region: string;
  /** Where they are spoken; null: at AWS. */
  readonly endpoint: string | null;
  /** How names begin that functions may have: the machine's role may read more, its certificates. */
  readonly prefix: string;
}

/** What is wrong with a `secrets` of `agent.json`, a line each. */
export function secretsProblems(value: unknown): string[] {
  const { folder, sealed, aws, always } = fields(value);
  const problems: string[] = [];
  const check = (holds: boolean, key: string, found: unknown, expected: string) => {
    if (!holds) problems.push(`secrets.${key} is ${JSON.stringify(found)}: give ${expected}`);
  };
  check(isPath(folder), "folder", folder, "an absolute path");
  const isSealed = sealed === null || (isPath(fields(sealed).folder) && isPath(fields(sealed).keyFile));
  check(isSealed, "sealed", sealed, "{folder, keyFile}, absolute paths, or null");
  const { region, endpoint, prefix } = fields(aws);
  const isPlace = typeof region === "string" && (endpoint === null || typeof endpoint === "string");
  check(aws === null || (isPlace && typeof prefix === "string"), "aws", aws, "{region, endpoint, prefix}, or null");
  const isList =
    Array.isArray(always) && always.every((one) => typeof one === "string" && SECRET_REFERENCE.regex.test(one));
  check(isList, "always", always, "a list of secrets' references");
  return problems;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value.startsWith("/");
}
