import { join } from "node:path";
import { type CommandSpec, optionFlag } from "./command.ts";
import { EXIT_CODES } from "./errors.ts";
import { argumentText, DEFAULT_ENV } from "./program.ts";
import { COMMANDS, GROUPS, loadAll } from "./registry.ts";

/** File of {@link cliPage}. */
export const CLI_PAGE = join(import.meta.dirname, "../docs/cli.md");

/** `docs/cli.md`, written from the commands themselves. */
export async function cliPage(): Promise<string> {
  const specs = [...(await loadAll())];
  const groups = Object.entries(GROUPS).flatMap(([group, title]) => {
    const own = specs.filter(([name]) => COMMANDS[name]?.group === group);
    return own.length === 0 ? [] : [`# ${title}\n\n${own.map(([name, spec]) => section(name, spec)).join("\n")}`];
  });
  return `# The \`edge\` command

\`npx edge <command>\` from anywhere in the project; any Node 20 or newer starts it. Commands work on the store and the hub of a
stack; the nodes have no doors for them. This page is written by \`npm run reference\`.

Every command has \`--env <stack>\` (default \`${DEFAULT_ENV}\`: \`stacks/Pulumi.${DEFAULT_ENV}.yaml\`), \`--json\` (one document; lines for what
goes on) and \`--help\`. What cannot be taken back asks first; \`--yes\` answers beforehand, and where nobody can be asked it is needed.
Colour is for terminals, and off with \`NO_COLOR\`. Results go to standard output, what accompanies them to standard error. With
\`--json\` an error is \`{"error": {"code", "message"}}\`.

| exit code | meaning |
| ---: | --- |
${Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `| ${code} | ${meaning} |`)
  .join("\n")}

${groups.join("\n")}`;
}

function section(name: string, { summary, description, args, options, isDestructive, examples }: CommandSpec): string {
  const words = Object.entries(args).map(([word, argument]) => argumentText(word, argument));
  const rows = [
    ...Object.entries(args).map(([word, argument]) => [argumentText(word, argument), argument.summary]),
    ...Object.entries(options).map(([option, spec]) => [
      spec.kind === "flag" ? optionFlag(option) : `${optionFlag(option)} ${spec.placeholder}`,
      spec.summary,
    ]),
    ...(isDestructive ? [["--yes", "do it without asking"]] : []),
  ];
  const table = rows.map(([word, meaning]) => `| \`${word}\` | ${meaning?.replaceAll("|", "\\|")} |`).join("\n");
  const lines = examples.map(({ line, meaning }) => `edge ${line}   # ${meaning}`).join("\n");
  return `## edge ${[name, ...words].join(" ")}

${summary[0]?.toUpperCase()}${summary.slice(1)}.${description === undefined ? "" : ` ${description}`}
${rows.length === 0 ? "" : `\n| word | meaning |\n| --- | --- |\n${table}\n`}
\`\`\`sh
${lines}
\`\`\`
`;
}
