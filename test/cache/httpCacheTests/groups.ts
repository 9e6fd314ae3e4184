import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import index from "http-cache-tests/tests/index.mjs";
import surrogate from "http-cache-tests/tests/surrogate-control.mjs";

export interface Group {
  readonly id: string;
  readonly tests: readonly { readonly id: string; readonly browser_only?: boolean }[];
}

/** By the test's id: true, or the kind of failure and what it was. */
export type Results = Readonly<Record<string, true | readonly [string, string]>>;

export type Handler = (path: readonly string[], request: IncomingMessage, response: ServerResponse) => void;

/** Every group of the suite. */
export const GROUPS: readonly Group[] = [...index, surrogate];

export function testsOf(group: Group): string[] {
  return group.tests.filter(({ browser_only }) => browser_only !== true).map(({ id }) => id);
}

export function passed(group: Group, results: Results): number {
  return testsOf(group).filter((id) => results[id] === true).length;
}

/** What the package says of another cache. */
export function publishedResults(cache: "nginx" | "squid"): Results {
  const file = createRequire(import.meta.url).resolve(`http-cache-tests/results/${cache}.json`);
  return JSON.parse(readFileSync(file, "utf8"));
}
