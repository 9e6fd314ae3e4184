import { isBuiltin } from "node:module";
import type { Message } from "esbuild";
import { NODE_MODULES } from "./nodeModules.ts";

/** What is wrong in a function's source. */
export interface BundleProblem {
  /** `functions/hello.ts:3:15`, or the file alone. */
  readonly at: string;
  readonly problem: string;
  /** What to do; empty where the problem says it. */
  readonly remedy: string;
}

/** Functions that cannot be bundled; the message has every problem of all of them. */
export class BundleError extends Error {
  override readonly name = "BundleError";
  readonly problems: readonly BundleProblem[];

  constructor(problems: readonly BundleProblem[]) {
    super(problems.map(({ at, problem, remedy }) => `${at}: ${problem}${remedy && `\n  ${remedy}`}`).join("\n"));
    this.problems = problems;
  }
}

/** An error of esbuild in our words. */
export function problemOf({ location, text }: Message, file: string): BundleProblem {
  const at = location === null ? file : `${location.file}:${location.line}:${location.column + 1}`;
  const [, module, name] = /^No matching export in "node:.*?([a-z]+)\.ts" for import "(.*)"$/.exec(text) ?? [];
  if (module !== undefined) {
    const problem = `node:${module} has no "${name}" in functions`;
    return {
      at,
      problem,
      remedy: "docs/web-platform.md says what is there; use a Web-standard API, or a package that does.",
    };
  }
  const wanted = /^Could not resolve "(.*)"$/.exec(text)?.[1];
  return { at, problem: text, remedy: wanted === undefined ? "" : remedyFor(wanted) };
}

function remedyFor(wanted: string): string {
  if (isBuiltin(wanted)) {
    return `"${wanted}" is built into Node. Functions have Web-standard APIs (fetch, crypto, URL, streams) and of Node ${NODE_MODULES.join(", ")}: use those, or a package that does.`;
  }
  if (wanted.startsWith(".") || wanted.startsWith("/"))
    return "There is no such file: check the path and its extension.";
  const parts = wanted.split("/");
  const name = parts.slice(0, wanted.startsWith("@") ? 2 : 1).join("/");
  return `Add the package (npm install ${name}), or check its "exports" when it is there.`;
}
