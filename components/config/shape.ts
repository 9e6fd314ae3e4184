import type * as z from "zod";
import { explainIssue } from "./explain.ts";
import type { KeyPath, ProblemList } from "./problems.ts";
import { UNKNOWN_KEY } from "./schemaParts.ts";

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
  const told = new Set<string>();
  while (Object.hasOwn(holder, "value")) {
    const result = schema.safeParse(holder.value);
    if (result.success) return result.data;
    const unusable = new Map<string, string[]>();
    for (const issue of result.error.issues.flatMap(ofMeantForm)) {
      for (const at of placesOf(issue)) {
        const place = ["value", ...at].map(String);
        const key = JSON.stringify(place);
        const value = valueAt(holder, place);
        if (!told.has(key) && !isOurDoing(issue, key, told)) {
          problems.add([...path, ...at], { value, ...explainIssue(issue, { at, schema, value }) });
        }
        told.add(key);
        // What is missing takes its owner with it.
        const out = wholeEntry(at, value !== undefined || at.length === 0 ? place : place.slice(0, -1));
        unusable.set(JSON.stringify(out), out);
      }
    }
    if (!removeAll(holder, [...unusable.values()])) return undefined;
  }
  return undefined;
}

/** Where a value may have one of several forms: what is wrong with it as the form that it has. */
function ofMeantForm(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const isOtherForm = ({ code, path }: Issue) => code === "invalid_type" && path.length === 0;
  const meant = issue.errors.find((issues) => !issues.some(isOtherForm)) ?? issue.errors[0] ?? [];
  return meant.flatMap((inner) => ofMeantForm({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The list entry that a place is in, the outermost: less of it would be another entry than the one that was written. */
function wholeEntry(at: KeyPath, place: string[]): string[] {
  const index = at.findIndex((key) => typeof key === "number");
  return index === -1 ? place : place.slice(0, index + 2);
}

/** Whether something has too little in it only because something was left out of it. */
function isOurDoing(issue: Issue, key: string, told: ReadonlySet<string>): boolean {
  const isTooLittle = issue.code === "too_small" || (issue.code === "custom" && issue.params?.isTooLittle === true);
  return isTooLittle && [...told].some((other) => other.startsWith(`${key.slice(0, -1)},`));
}

function placesOf(issue: Issue): KeyPath[] {
  const path = issue.path as KeyPath;
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
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

/** Later list entries go first, because removing one moves those behind it. False when there was nothing to remove. */
function removeAll(root: unknown, paths: readonly string[][]): boolean {
  const last = (path: readonly string[]) => Number(path.at(-1));
  const order = paths.toSorted((a, b) => b.length - a.length || last(b) - last(a) || 0);
  return order.filter((path) => removeAt(root, path)).length > 0;
}

function removeAt(root: unknown, path: readonly string[]): boolean {
  const parent = valueAt(root, path.slice(0, -1));
  const key = path.at(-1) ?? "";
  if (Array.isArray(parent)) return parent.splice(Number(key), 1).length > 0;
  if (typeof parent !== "object" || parent === null || !Object.hasOwn(parent, key)) return false;
  return delete (parent as Record<string, unknown>)[key];
}
