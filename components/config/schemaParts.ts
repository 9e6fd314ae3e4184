import * as z from "zod";
import { AWS_REGION_CODES } from "./regions.ts";

/** Text with a rule of its own; `problem` and `remedy` are told when it is broken. */
export function text(rule: {
  readonly fits: (value: string) => boolean;
  readonly problem: string | ((value: string) => string);
  readonly remedy: string;
}) {
  const { fits, problem, remedy } = rule;
  return z.string().refine(fits, {
    error: (issue) => (typeof problem === "string" ? problem : problem(String(issue.input))),
    params: { remedy },
  });
}

/** A list in which nothing stands twice. */
export function distinct<T extends z.ZodType<string>>(item: T) {
  return z.array(item).refine((list) => new Set(list).size === list.length, {
    error: "has an entry twice",
    params: { remedy: "Keep one of them." },
  });
}

export const UNKNOWN_KEY = "is not a known key";

/** A map with exactly these keys; `unknown` is told of any other. */
export function keyed<T extends z.ZodRawShape>(shape: T, unknown = UNKNOWN_KEY) {
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? unknown : undefined) });
}

export const UNKNOWN_REGION = "is not a known AWS region";
export const regionCode = z.enum(AWS_REGION_CODES, { error: UNKNOWN_REGION });
