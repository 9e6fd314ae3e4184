import type * as z from "zod";
import { nearest } from "./nearest.ts";
import type { KeyPath } from "./problems.ts";
import { descriptionAt, knownKeysAt } from "./schemaPlace.ts";

type Issue = z.core.$ZodIssue;

interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

/** The problem and the remedy for what the schema found at a place where `value` stands. */
export function explainIssue(
  issue: Issue,
  place: { readonly at: KeyPath; readonly schema: z.core.$ZodType; readonly value: unknown },
): Explanation {
  const { at, schema, value } = place;
  const name = String(at.at(-1) ?? "");
  if (issue.code === "unrecognized_keys") {
    return { problem: issue.message, remedy: choose(name, knownKeysAt(schema, issue.path as KeyPath)) };
  }
  if (value === undefined && (issue.code === "invalid_type" || issue.code === "invalid_value")) {
    return { problem: "is missing", remedy: `Set it. ${descriptionAt(schema, at)}` };
  }
  return explain(issue, name, value);
}

function explain(issue: Issue, name: string, value: unknown): Explanation {
  switch (issue.code) {
    case "invalid_key":
      return explain(issue.issues[0] as Issue, name, name);
    case "custom":
      return { problem: issue.message, remedy: String(issue.params?.remedy) };
    case "invalid_value":
      // A map is meant for no word, and may have a key that keeps it from becoming text.
      return { problem: issue.message, remedy: choose(isMap(value) ? "" : String(value), issue.values.map(String)) };
    case "too_small":
      if (issue.origin === "array") return { problem: "is empty", remedy: "Name at least one, or remove the key." };
      if (issue.origin === "string") return { problem: "is empty", remedy: "Give it a value, or remove the key." };
      return { problem: `is below the floor of ${issue.minimum}`, remedy: `Use ${issue.minimum} or more.` };
    case "too_big":
      return { problem: `is above the ceiling of ${issue.maximum}`, remedy: `Use ${issue.maximum} or less.` };
    case "invalid_type":
      return wrongType(issue.expected, value);
    default:
      return { problem: issue.message, remedy: "Correct it." };
  }
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map of keys",
  record: "a map of keys",
};

function wrongType(expected: string, value: unknown): Explanation {
  const wanted = TYPE_WORDS[expected] ?? expected;
  if (expected === "string" && typeof value !== "object") {
    return { problem: `is not ${wanted}`, remedy: `Write it in quotes: ${JSON.stringify(String(value))}.` };
  }
  return { problem: `is not ${wanted}`, remedy: `Write ${wanted}.` };
}

/** "Did you mean …?" when something is near, and what there is. */
export function choose(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return `${near === null ? "" : `Did you mean ${near}? `}Use one of: ${known.join(", ")}.`;
}
