import type { FunctionDiff } from "@edge-fleet/runner/release/diff/tableDiff";
import { tellDiff } from "@edge-fleet/runner/release/diff/tellDiff";
import { type Style, styled } from "../output.ts";

const STYLES: Readonly<Record<string, Style>> = { "+": "green", "-": "red", "~": "yellow" };

/** The difference with the lines of functions in colour. */
export function diffText(diff: readonly FunctionDiff[], stream?: NodeJS.WriteStream): string {
  const lines = tellDiff(diff).map((line) => {
    const style = STYLES[line[0] ?? ""];
    return style === undefined ? line : styled(style, line, stream);
  });
  return lines.join("\n");
}
