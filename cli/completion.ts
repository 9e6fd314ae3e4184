import { type CommandSpec, optionFlag } from "./command.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;

type Specs = ReadonlyMap<string, CommandSpec>;

const COMMON_FLAGS = ["--env", "--json", "--help"];

/** A script that completes commands, options, and functions of the project's `functions/` folder. */
export function completionScript(shell: (typeof SHELLS)[number], specs: Specs): string {
  return { bash, zsh, fish }[shell](specs);
}

function flagsOf({ options, isDestructive }: CommandSpec): string[] {
  return [...Object.keys(options).map(optionFlag), ...(isDestructive ? ["--yes"] : []), ...COMMON_FLAGS];
}

function takesFunctions({ args }: CommandSpec): boolean {
  return Object.values(args).some(({ completes }) => completes === "functions");
}

/** Lists the functions of the folder that one stands in. */
const FUNCTIONS = "ls functions 2>/dev/null | sed -n 's/^\\([^.]*\\)\\.ts$/\\1/p'";
const STACKS = "ls stacks 2>/dev/null | sed -n 's/^Pulumi\\.\\(.*\\)\\.yaml$/\\1/p'";

function bash(specs: Specs): string {
  const cases = [...specs].map(([name, spec]) => {
    const words = [...flagsOf(spec), ...(takesFunctions(spec) ? [`$(${FUNCTIONS})`] : [])].join(" ");
    return `    ${name}) words="${words}" ;;`;
  });
  return `_edge() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "\${COMP_WORDS[COMP_CWORD-1]}" = --env ]; then
    COMPREPLY=($(compgen -W "$(${STACKS})" -- "$current"))
    return
  fi
  case "$COMP_CWORD:\${COMP_WORDS[1]}" in
    1:*) words="${[...specs.keys()].join(" ")} help" ;;
${cases.map((line) => line.replace(/^ {4}/, "    *:")).join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _edge edge`;
}

function zsh(specs: Specs): string {
  const commands = [...specs].map(([name, { summary }]) => `    ${quoted(`${name}:${summary}`)}`).join("\n");
  const cases = [...specs].map(([name, spec]) => {
    const functions = takesFunctions(spec) ? `\n      compadd -- \${(f)"$(${FUNCTIONS})"}` : "";
    return `    ${name})\n      compadd -- ${flagsOf(spec).join(" ")}${functions}\n      _files\n      ;;`;
  });
  return `#compdef edge
_edge() {
  local -a commands
  commands=(
${commands}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  if [[ $words[CURRENT-1] == --env ]]; then
    compadd -- \${(f)"$(${STACKS})"}
    return
  fi
  case $words[2] in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _edge ]]; then _edge "$@"; else compdef _edge edge; fi`;
}

function fish(specs: Specs): string {
  const lines = [...specs].flatMap(([name, spec]) => {
    const within = `complete -c edge -n '__fish_seen_subcommand_from ${name}'`;
    const options = Object.entries(spec.options).map(([option, { kind, summary }]) => {
      const takesValue = kind === "value" ? " -x" : "";
      return `${within} -l ${optionFlag(option).slice(2)}${takesValue} -d ${quoted(summary)}`;
    });
    return [
      `complete -c edge -n __fish_use_subcommand -f -a ${name} -d ${quoted(spec.summary)}`,
      ...options,
      ...(spec.isDestructive ? [`${within} -l yes -d ${quoted("do it without asking")}`] : []),
      ...(takesFunctions(spec) ? [`${within} -f -a "(${FUNCTIONS.replaceAll("\\", "\\\\")})"`] : []),
    ];
  });
  return [
    ...lines,
    `complete -c edge -l env -x -a "(${STACKS.replaceAll("\\", "\\\\")})" -d ${quoted("stack whose fleet is meant")}`,
    `complete -c edge -l json -d ${quoted("print JSON instead of text")}`,
  ].join("\n");
}

/** In single quotes, for the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
