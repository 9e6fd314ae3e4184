import { type Part, type PatternOptions, segmentWildcard } from "./patternParser.ts";
import { isNameCharacter } from "./tokenizer.ts";

export function escapePattern(text: string): string {
  return text.replace(/[+*?:{}()\\]/g, "\\$&");
}

/** The URL Pattern Standard's "generate a pattern string": the shortest text that means the same parts. */
export function patternText(parts: readonly Part[], options: PatternOptions): string {
  let text = "";
  for (const [index, part] of parts.entries())
    text += partText(part, { before: parts[index - 1], after: parts[index + 1], options });
  return text;
}

interface Around {
  readonly before: Part | undefined;
  readonly after: Part | undefined;
  readonly options: PatternOptions;
}

function partText(part: Part, around: Around): string {
  const { type, value, modifier, name, prefix, suffix } = part;
  if (type === "fixed-text") return modifier === "" ? escapePattern(value) : `{${escapePattern(value)}}${modifier}`;
  const isNamed = !isNumber(name);
  const isGrouped = needsGroup(part, isNamed, around);
  let text = escapePattern(prefix);
  if (isNamed) text += `:${name}`;
  if (type === "regexp") text += `(${value})`;
  else if (type === "segment-wildcard" && !isNamed) text += `(${segmentWildcard(around.options)})`;
  else if (type === "full-wildcard") text += isStar(part, { isNamed, isGrouped, before: around.before }) ? "*" : "(.*)";
  if (type === "segment-wildcard" && isNamed && suffix !== "" && isNameCharacter(firstOf(suffix), false)) text += "\\";
  text += escapePattern(suffix);
  return (isGrouped ? `{${text}}` : text) + modifier;
}

function needsGroup(part: Part, isNamed: boolean, { before, after, options }: Around): boolean {
  const { type, modifier, prefix, suffix } = part;
  if (suffix !== "" || (prefix !== "" && prefix !== options.prefix)) return true;
  const isBare = isNamed && type === "segment-wildcard" && modifier === "";
  if (isBare && after !== undefined && after.prefix === "" && after.suffix === "") {
    // What comes next would be read as more of the name.
    if (after.type === "fixed-text" ? isNameCharacter(firstOf(after.value), false) : isNumber(after.name)) return true;
  }
  const isAfterText = prefix === "" && before?.type === "fixed-text";
  return isAfterText && options.prefix !== "" && before.value.endsWith(options.prefix);
}

function isStar(
  { prefix }: Part,
  { isNamed, isGrouped, before }: { isNamed: boolean; isGrouped: boolean; before: Part | undefined },
): boolean {
  if (isNamed) return false;
  return before === undefined || before.type === "fixed-text" || before.modifier !== "" || isGrouped || prefix !== "";
}

function isNumber(name: string): boolean {
  return /^[0-9]/.test(name);
}

function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) as number);
}
