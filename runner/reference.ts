import { join } from "node:path";
import { ERRORS } from "./errors.ts";
import { LIMITS } from "./limits.ts";

const DOCS_DIR = join(import.meta.dirname, "../docs");

/** Reference pages that error answers link to, by file: written from the tables that the runner works with. */
export const REFERENCE: Readonly<Record<string, () => string>> = {
  [join(DOCS_DIR, "limits.md")]: limitsPage,
  [join(DOCS_DIR, "errors.md")]: errorsPage,
};

function limitsPage(): string {
  const sections = Object.entries(LIMITS).map(
    ([name, { meaning, default: value, floor, ceiling, status }]) => `## ${name}

${meaning}. ${status === null ? "No answer changes" : `When it fires, the answer has status ${status}`}.

| default | least | most |
| ---: | ---: | ---: |
| ${value} | ${floor} | ${ceiling} |
`,
  );
  return `# Limits

What a function may use, per function and node. Set below \`edge-fleet:functions.<name>.limits\` in the stack's config; the
fleet's own defaults and ceilings, within those here, below \`edge-fleet:limits.<limit>\`. A limit that fires answers with
JSON that names it, its value and what was used, and is counted in \`edge_runner_limits_fired_total\`. This page is written
by \`npm run reference\`.

${sections.join("\n")}`;
}

function errorsPage(): string {
  const sections = Object.entries(ERRORS).map(
    ([code, { status, gloss }]) => `## ${code}

Status ${status}. ${gloss}
`,
  );
  return `# Errors

What the runner itself answers with, in \`error.code\` and the header \`x-edge-error\`. Functions' own error responses pass
unchanged. This page is written by \`npm run reference\`.

${sections.join("\n")}`;
}
