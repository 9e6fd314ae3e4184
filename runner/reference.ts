import { join } from "node:path";
import { AGENT_METRICS, POLICY_REFUSALS } from "./agent/metrics.ts";
import { ERRORS } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { NODE_ERRORS } from "./nodeErrors.ts";
import { METRICS } from "./router/metricTable.ts";
import { dockerProfile } from "./supervisor/seccomp/dockerProfile.ts";

const DOCS_DIR = join(import.meta.dirname, "../docs");

/** Reference pages, which error answers link to, and Docker's seccomp profile, by file. Written from the tables that the runner works with. */
export const REFERENCE: Readonly<Record<string, () => string>> = {
  [join(DOCS_DIR, "limits.md")]: limitsPage,
  [join(DOCS_DIR, "errors.md")]: errorsPage,
  [join(DOCS_DIR, "metrics.md")]: metricsPage,
  [join(import.meta.dirname, "seccomp.json")]: () => `${JSON.stringify(dockerProfile(), null, 2)}\n`,
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
  const sections = (errors: Readonly<Record<string, { status: number; gloss: string }>>) =>
    Object.entries(errors)
      .map(([code, { status, gloss }]) => `## ${code}\n\nStatus ${status}. ${gloss}\n`)
      .join("\n");
  return `# Errors

What the runner itself answers with, in \`error.code\` and the header \`x-edge-error\`. Functions' own error responses pass
unchanged. This page is written by \`npm run reference\`.

${sections(ERRORS)}
# Errors of the node

What HAProxy and Varnish answer with, in the same shape; they use codes of the runner's, too, where they refuse what it would refuse.

${sections(NODE_ERRORS)}`;
}

function metricsPage(): string {
  const rows = Object.entries(METRICS).map(([name, { type, help, labels }]) => {
    const shown = labels.length === 0 ? "" : labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  const agentRows = Object.entries(AGENT_METRICS).map(
    ([name, [type, help]]) => `| \`edge_agent_${name}\` | ${type} | ${help} |`,
  );
  return `# Metrics

What a runner tells Prometheus on \`/metrics\` of its admin port. Each series also has the label \`region\`. \`function\` and
\`version\` are empty where no function was found. The series of a version that was replaced are shown once more after its last
request, then no more. This page is written by \`npm run reference\`.

| name | type | labels | meaning |
| --- | --- | --- | --- |
${rows.join("\n")}

# Metrics of the agent

What a node's agent tells on \`/metrics\` of its own admin port. Those that count by reason or kind have the label \`reason\`, the gauges of certificates \`certificate\`.

| name | type | meaning |
| --- | --- | --- |
${agentRows.join("\n")}
| \`${POLICY_REFUSALS.name}\` | counter | ${POLICY_REFUSALS.help} Labels \`function\`, \`policy\`; it begins anew when the judge does. |

HAProxy, Varnish and the machine tell theirs by the names that they are known for; the questions they answer are in [operations](operations.md).
`;
}
