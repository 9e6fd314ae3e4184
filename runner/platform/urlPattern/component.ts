import {
  type Encode,
  escapeRegExp,
  FULL_WILDCARD,
  type Part,
  type PatternOptions,
  parsePattern,
  segmentWildcard,
} from "./patternParser.ts";
import { patternText } from "./patternText.ts";

/** A compiled component of a pattern. */
export interface Component {
  readonly text: string;
  readonly regExp: RegExp;
  readonly names: readonly string[];
  readonly hasRegExpGroups: boolean;
}

/** The URL Pattern Standard's "compile a component". @throws TypeError */
export function compile(text: string, options: PatternOptions, encode: Encode): Component {
  const parts = parsePattern(text, options, encode);
  const source = `^${parts.map((part) => partSource(part, options)).join("")}$`;
  let regExp: RegExp;
  try {
    regExp = new RegExp(source, options.ignoreCase ? "vi" : "v");
  } catch {
    throw new TypeError(`The pattern ${JSON.stringify(text)} has a regular expression that is none`);
  }
  return {
    text: patternText(parts, options),
    regExp,
    names: parts.filter(({ type }) => type !== "fixed-text").map(({ name }) => name),
    hasRegExpGroups: parts.some(({ type }) => type === "regexp"),
  };
}

export interface ComponentResult {
  readonly input: string;
  readonly groups: Record<string, string | undefined>;
}

/** Undefined when it does not match. */
export function match({ regExp, names }: Component, input: string): ComponentResult | undefined {
  const found = regExp.exec(input);
  if (found === null) return undefined;
  const groups: Record<string, string | undefined> = {};
  for (const [index, name] of names.entries()) groups[name] = found[index + 1];
  return { input, groups };
}

function partSource({ type, value, modifier, prefix, suffix }: Part, options: PatternOptions): string {
  if (type === "fixed-text") return modifier === "" ? escapeRegExp(value) : `(?:${escapeRegExp(value)})${modifier}`;
  const own = type === "segment-wildcard" ? segmentWildcard(options) : type === "full-wildcard" ? FULL_WILDCARD : value;
  const isOnce = modifier === "" || modifier === "?";
  if (prefix === "" && suffix === "") return isOnce ? `(${own})${modifier}` : `((?:${own})${modifier})`;
  const [before, after] = [escapeRegExp(prefix), escapeRegExp(suffix)];
  if (isOnce) return `(?:${before}(${own})${after})${modifier}`;
  const again = `(?:${after}${before}(?:${own}))*`;
  return `(?:${before}((?:${own})${again})${after})${modifier === "*" ? "?" : ""}`;
}
