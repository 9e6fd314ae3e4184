import { createHash } from "node:crypto";

/**
 * Where a secret's value is: `name` is a file that somebody puts on the node, `local:<name>` one that was sealed for the fleet,
 * `ssm:<path>` a parameter of Systems Manager, `secretsmanager:<name>` a secret of Secrets Manager, with `#<key>` one value of its JSON.
 */
export type SecretReference =
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "local"; readonly name: string }
  | { readonly kind: "ssm"; readonly path: string }
  | { readonly kind: "secretsmanager"; readonly name: string; readonly key: string | null };

/** Kinds whose values the agent fetches. */
export const FETCHED_KINDS = ["local", "ssm", "secretsmanager"] as const;
export type FetchedKind = (typeof FETCHED_KINDS)[number];

const NAME = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";
const PATH = "/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*";
const SECRETSMANAGER = "[A-Za-z0-9/_+=.@-]{1,400}";
const KEY = "[A-Za-z0-9_.-]{1,128}";
const REFERENCE_LENGTH_MAX = 512;

/** Also the name of a file, so it never leaves its folder. */
export const SECRET_NAME = {
  regex: new RegExp(`^${NAME}$`),
  gloss: "letters, digits, . _ and -, not beginning with . or -",
};

/** A file's name has no colon, so that the two are never taken for each other, and it never leaves its folder. */
export const SECRET_REFERENCE = {
  regex: new RegExp(
    `^(?=.{1,${REFERENCE_LENGTH_MAX}}$)(?:${NAME}|local:${NAME}|ssm:${PATH}|secretsmanager:${SECRETSMANAGER}(?:#${KEY})?)$`,
  ),
  gloss:
    "a secret: a file's name (letters, digits, . _ and -), local:<name>, ssm:<path> or secretsmanager:<name>#<key>",
};

/** @param text one that fits SECRET_REFERENCE. */
export function parseSecretReference(text: string): SecretReference {
  const [, kind, rest = ""] = /^(\w+):(.+)$/.exec(text) ?? [];
  if (kind === "local") return { kind, name: rest };
  if (kind === "ssm") return { kind, path: rest };
  if (kind !== "secretsmanager") return { kind: "file", name: text };
  const [name = "", key = null] = rest.split("#");
  return { kind, name, key };
}

/** The name by which AWS knows it, without a leading slash; null for what is not there. */
export function awsSecretName(text: string): string | null {
  const reference = parseSecretReference(text);
  if (reference.kind === "ssm") return reference.path.replace(/^\//, "");
  return reference.kind === "secretsmanager" ? reference.name : null;
}

/** Name of the file in a node's folder of secrets that has the value. */
export function secretFile(text: string): string {
  const { kind } = parseSecretReference(text);
  if (kind === "file") return text;
  return `${kind}.${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
}
