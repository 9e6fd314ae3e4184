export type TokenType =
  | "open"
  | "close"
  | "regexp"
  | "name"
  | "char"
  | "escaped-char"
  | "other-modifier"
  | "asterisk"
  | "end"
  | "invalid-char";

export interface Token {
  readonly type: TokenType;
  /** Where it begins in the text. */
  readonly index: number;
  readonly value: string;
}

const SINGLE: Readonly<Record<string, TokenType>> = {
  "*": "asterisk",
  "+": "other-modifier",
  "?": "other-modifier",
  "{": "open",
  "}": "close",
};
const NAME_START = /^[\p{ID_Start}$_]$/u;
const NAME_PART = /^[\p{ID_Continue}$\u200c\u200d]$/u;

export function isNameCharacter(character: string, isFirst: boolean): boolean {
  return (isFirst ? NAME_START : NAME_PART).test(character);
}

/**
 * The URL Pattern Standard's tokenizer.
 *
 * @param isLenient whether what is malformed becomes a token of its own
 * @throws TypeError
 */
export function tokenize(text: string, isLenient: boolean): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  const add = (type: TokenType, value: string, next: number) => {
    tokens.push({ type, index, value });
    index = next;
  };
  while (index < text.length) {
    const character = characterAt(text, index);
    const next = index + character.length;
    const single = SINGLE[character];
    if (single !== undefined) {
      add(single, character, next);
      continue;
    }
    const special = character === "\\" ? escaped(text, next) : character === ":" ? name(text, next) : undefined;
    const group = character === "(" ? regExp(text, next) : special;
    if (group !== undefined) {
      add(group.type, group.value, group.next);
    } else if (character === "\\" || character === ":" || character === "(") {
      if (!isLenient) throw new TypeError(`The pattern ${JSON.stringify(text)} is malformed at character ${index}`);
      add("invalid-char", character, next);
    } else {
      add("char", character, next);
    }
  }
  add("end", "", index);
  return tokens;
}

interface Found {
  readonly type: TokenType;
  readonly value: string;
  readonly next: number;
}

function characterAt(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(index) as number);
}

function escaped(text: string, at: number): Found | undefined {
  if (at >= text.length) return undefined;
  const value = characterAt(text, at);
  return { type: "escaped-char", value, next: at + value.length };
}

function name(text: string, start: number): Found | undefined {
  let at = start;
  while (at < text.length) {
    const character = characterAt(text, at);
    if (!isNameCharacter(character, at === start)) break;
    at += character.length;
  }
  return at === start ? undefined : { type: "name", value: text.slice(start, at), next: at };
}

/** What stands in brackets: in ASCII, and with no capturing group of its own. */
function regExp(text: string, start: number): Found | undefined {
  let depth = 1;
  let at = start;
  while (at < text.length && depth > 0) {
    const character = text[at] as string;
    if (character > "\x7f" || (at === start && character === "?")) return undefined;
    if (character === "\\") {
      const following = text[at + 1];
      if (following === undefined || following > "\x7f") return undefined;
      at += 2;
      continue;
    }
    if (character === ")") depth--;
    else if (character === "(") {
      depth++;
      if (text[at + 1] !== "?") return undefined;
    }
    at++;
  }
  const value = text.slice(start, at - 1);
  return depth > 0 || value === "" ? undefined : { type: "regexp", value, next: at };
}
