import type { Context } from "./context.ts";

/** A switch: absent or there. */
export interface Flag {
  readonly kind: "flag";
  readonly summary: string;
}

/** An option with a value. */
export interface ValueOption<Value> {
  readonly kind: "value";
  /** What stands for the value in help: `<ms>`. */
  readonly placeholder: string;
  readonly summary: string;
  /** @throws UsageError saying what the value should be */
  readonly parse: (text: string) => Value;
}

export type Option = Flag | ValueOption<unknown>;

/** A word of the command line, by its place. */
export interface Argument {
  readonly summary: string;
  /** `rest`: any number of words, the last argument only. */
  readonly arity: "required" | "optional" | "rest";
  /** What the shell completes it with. */
  readonly completes?: "functions" | "files";
}

type OptionsOf<Options extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Options]: Options[Name] extends ValueOption<infer Value> ? Value | undefined : boolean;
};

type ArgumentsOf<Arguments extends Readonly<Record<string, Argument>>> = {
  readonly [Name in keyof Arguments]: Arguments[Name]["arity"] extends "required"
    ? string
    : Arguments[Name]["arity"] extends "rest"
      ? readonly string[]
      : string | undefined;
};

export interface Input<
  Arguments extends Readonly<Record<string, Argument>>,
  Options extends Readonly<Record<string, Option>>,
> {
  readonly args: ArgumentsOf<Arguments>;
  readonly options: OptionsOf<Options>;
}

export interface Example {
  /** The whole line without `edge`. */
  readonly line: string;
  readonly meaning: string;
}

/** A command as data: help, completion, `docs/cli.md` and the parser are made from it. */
export interface CommandSpec<
  Arguments extends Readonly<Record<string, Argument>> = Readonly<Record<string, Argument>>,
  Options extends Readonly<Record<string, Option>> = Readonly<Record<string, Option>>,
> {
  /** One line, without a full stop. */
  readonly summary: string;
  /** What a reader of the help must know beside the summary. */
  readonly description?: string;
  /** In their order, by name. */
  readonly args: Arguments;
  /** By name in camel case; on the command line in kebab case. */
  readonly options: Options;
  /** It asks before it does something that cannot be taken back: it gets `--yes`. */
  readonly isDestructive?: true;
  readonly examples: readonly Example[];
  /**
   * Does it. Returns the exit code, or nothing for 0.
   * @throws CommandError, UsageError and the errors of components and runner, which the frame tells
   */
  run(context: Context, input: Input<Arguments, Options>): Promise<number | undefined> | Promise<void>;
}

/** Gives `run` the types of what the command declares. */
export function defineCommand<
  const Arguments extends Readonly<Record<string, Argument>>,
  const Options extends Readonly<Record<string, Option>>,
>(spec: CommandSpec<Arguments, Options>): CommandSpec {
  return spec as unknown as CommandSpec;
}

export function flag(summary: string): Flag {
  return { kind: "flag", summary };
}

export function value<Value>(placeholder: string, summary: string, parse: (text: string) => Value): ValueOption<Value> {
  return { kind: "value", placeholder, summary, parse };
}

/** `maxAge` is `--max-age` on the command line. */
export function optionFlag(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
