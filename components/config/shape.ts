import type * as z from "zod";
import { knownKeys } from "./knownKeys.ts";
import { nearest } from "./nearest.ts";
import type { KeyPath, ProblemList } from "./problems.ts";
import { UNKNOWN_KEY } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/**
 * Checks a value against its schema, reports what does not fit, leaves that out and checks the rest again, so that one
 * wrong key hides nothing about the others. Undefined when nothing usable is left.
 */
export function readShape<T extends z.ZodType>(
  schema: T,
  raw: unknown,
  path: KeyPath,
  problems: ProblemList,
): z.output<T> | undefined {
  const holder: { value?: unknown } = { value: structuredClone(raw) };
  refuseProto(holder, ["value"], path, problems);
  const removed = new Set<string>();
  // Each turn removes something, so that the loop ends.
  while (Object.hasOwn(holder, "value")) {
    const result = schema.safeParse(holder.value);
    if (result.success) return result.data;
    const bad = new Map<string, string[]>();
    for (const issue of result.error.issues) {
      for (const at of placesOf(issue)) {
        const inHolder = ["value", ...at].map(String);
        const exists = valueAt(holder, inHolder) !== undefined;
        const key = JSON.stringify(inHolder);
        if (!removed.has(key)) problems.add([...path, ...at], describe(issue, at, schema, valueAt(holder, inHolder)));
        removed.add(key);
        // What is missing takes its owner with it.
        const remove = exists || at.length === 0 ? inHolder : inHolder.slice(0, -1);
        bad.set(JSON.stringify(remove), remove);
      }
    }
    // Later list entries first: removing one moves those behind it.
    const last = (at: string[]) => Number(at.at(-1));
    for (const at of [...bad.values()].sort((a, b) => b.length - a.length || last(b) - last(a) || 0))
      removeAt(holder, at);
  }
  return undefined;
}

function placesOf(issue: Issue): KeyPath[] {
  const path = issue.path as KeyPath;
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
}

function describe(issue: Issue, at: KeyPath, schema: z.core.$ZodType, value: unknown) {
  const name = String(at.at(-1) ?? "");
  if (issue.code === "unrecognized_keys") {
    return { value, problem: issue.message, remedy: choose(name, knownKeys(schema, issue.path as KeyPath)) };
  }
  return { value, ...explain(issue, name, value) };
}

interface Explanation {
  readonly problem: string;
  readonly remedy: string;
}

function explain(issue: Issue, name: string, value: unknown): Explanation {
  switch (issue.code) {
    case "invalid_key":
      return explain(issue.issues[0] as Issue, name, name);
    case "custom":
      return { problem: issue.message, remedy: String(issue.params?.remedy) };
    case "invalid_value":
      return {
        problem: value === undefined ? "is missing" : issue.message,
        remedy: choose(String(value), issue.values.map(String)),
      };
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
  if (value === undefined) return { problem: "is missing", remedy: `Set it; it is ${wanted}.` };
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

/** zod leaves a key `__proto__` out without a word. */
function refuseProto(holder: unknown, at: readonly string[], path: KeyPath, problems: ProblemList): void {
  const value = valueAt(holder, at);
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    if (key === "__proto__") {
      problems.add([...path, ...at.slice(1), key], {
        value: undefined,
        problem: UNKNOWN_KEY,
        remedy: "Remove it.",
      });
      removeAt(holder, [...at, key]);
    } else {
      refuseProto(holder, [...at, key], path, problems);
    }
  }
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<string, unknown>)[key];
  }, root);
}

function removeAt(root: unknown, path: readonly string[]): void {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1) ?? "";
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (typeof parent === "object" && parent !== null) delete (parent as Record<string, unknown>)[key];
}
