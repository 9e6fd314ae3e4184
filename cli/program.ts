import { readFileSync } from "node:fs";
import { Command, type CommanderError, Option as CommanderOption, InvalidArgumentError } from "commander";
import { type Argument, type CommandSpec, optionFlag } from "./command.ts";
import { type CommonOptions, makeContext } from "./context.ts";
import { EXIT_CODES, UsageError } from "./errors.ts";
import { styled } from "./output.ts";
import { COMMANDS, GROUPS } from "./registry.ts";

const VERSION = (JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8")) as { version: string })
  .version;

/** The stack that commands mean where none is named. */
export const DEFAULT_ENV = "local";

const EXIT_CODE_LINE = `Exit codes: ${Object.values(EXIT_CODES)
  .map(({ code, meaning }) => `${code} ${meaning}`)
  .join(", ")}.`;

/** The parser of these commands. Running one sets `onExit`. */
export function makeProgram(
  specs: ReadonlyMap<string, CommandSpec>,
  { signal, onExit }: { readonly signal: AbortSignal; readonly onExit: (code: number) => void },
): Command {
  const program = configured(new Command("edge"))
    .description("Writes, releases and watches functions of an edge fleet.")
    .usage("<command> [options]")
    .version(VERSION, "--version", "show the version")
    // What stands after a command is the command's: `preview --version 7` has a meaning of its own.
    .enablePositionalOptions()
    .helpOption("-h, --help", "show this")
    .commandsGroup(`${GROUPS.other}:`)
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", `\n${EXIT_CODE_LINE}\n\`edge <command> --help\` has the options and examples of a command.`);
  for (const [name, spec] of specs) {
    const group = COMMANDS[name]?.group ?? "other";
    const command = configured(program.command(name)).helpGroup(`${GROUPS[group]}:`);
    describe(command, spec);
    command.action(async () => {
      const { env, json, yes, ...options } = command.opts<CommonOptions & Record<string, unknown>>();
      const context = makeContext({ env, json: json === true, yes: yes === true }, signal);
      const args = Object.fromEntries(Object.keys(spec.args).map((key, index) => [key, command.processedArgs[index]]));
      onExit((await spec.run(context, { args, options: options as never })) ?? EXIT_CODES.ok.code);
    });
  }
  return program;
}

function describe(command: Command, spec: CommandSpec): void {
  const { summary, description, args, options, isDestructive, examples } = spec;
  command.summary(summary).description(`${sentence(summary)}${description === undefined ? "" : `\n\n${description}`}`);
  for (const [name, argument] of Object.entries(args)) command.argument(argumentText(name, argument), argument.summary);
  for (const [name, option] of Object.entries(options)) {
    if (option.kind === "flag") {
      command.addOption(new CommanderOption(optionFlag(name), option.summary).default(false, "off"));
      continue;
    }
    const made = new CommanderOption(`${optionFlag(name)} ${option.placeholder}`, option.summary);
    command.addOption(made.argParser((word) => readValue(option.parse, word)));
  }
  if (isDestructive) command.option("--yes", "do it without asking");
  command
    .option("--env <stack>", "stack whose fleet is meant", DEFAULT_ENV)
    .option("--json", "print JSON instead of text")
    .addHelpText("after", () => `\nExamples:\n${exampleLines(examples)}\n\n${EXIT_CODE_LINE}`);
}

/** `<function>`, `[release]`, `[paths...]`. */
export function argumentText(name: string, { arity }: Argument): string {
  const word = optionFlag(name).slice(2);
  return arity === "required" ? `<${word}>` : arity === "optional" ? `[${word}]` : `[${word}...]`;
}

function exampleLines(examples: CommandSpec["examples"]): string {
  return examples.map(({ line, meaning }) => `  ${styled("dim", `# ${meaning}`)}\n  edge ${line}`).join("\n");
}

function sentence(summary: string): string {
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}

function readValue(parse: (text: string) => unknown, word: string): unknown {
  try {
    return parse(word);
  } catch (error) {
    if (error instanceof UsageError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

/** Nothing in it writes an error or ends the process: main does. */
function configured(command: Command): Command {
  return command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false });
}

/** Help that was asked for ends with 0; all else that the parser throws is the command line's fault. */
export function asUsageError(error: CommanderError): UsageError | null {
  if (error.exitCode === 0) return null;
  return new UsageError(error.message.replace(/^error: /, ""));
}
