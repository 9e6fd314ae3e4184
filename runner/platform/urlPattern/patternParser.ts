import { type Token, type TokenType, tokenize } from "./tokenizer.ts";

export interface Part {
  readonly type: "fixed-text" | "regexp" | "segment-wildcard" | "full-wildcard";
  readonly value: string;
  readonly modifier: Modifier;
  readonly name: string;
  readonly prefix: string;
  readonly suffix: string;
}

export type Modifier = "" | "?" | "*" | "+";

/** What a component is divided by. */
export interface PatternOptions {
  readonly delimiter: string;
  readonly prefix: string;
  readonly ignoreCase: boolean;
}

/** Brings fixed text into the form that URLs have. @throws TypeError */
export type Encode = (text: string) => string;

export function escapeRegExp(text: string): string {
  return text.replace(/[.+*?^${}()[\]|/\\]/g, "\\$&");
}

/** What a name without a regular expression matches. */
export function segmentWildcard({ delimiter }: PatternOptions): string {
  return `[^${escapeRegExp(delimiter)}]+?`;
}

export const FULL_WILDCARD = ".*";

/** The URL Pattern Standard's "parse a pattern string". @throws TypeError */
export function parsePattern(text: string, options: PatternOptions, encode: Encode): Part[] {
  return new PatternParser(text, options, encode).parse();
}

class PatternParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #options: PatternOptions;
  readonly #encode: Encode;
  readonly #parts: Part[] = [];
  readonly #names = new Set<string>();
  #pending = "";
  #index = 0;
  #nextName = 0;

  constructor(text: string, options: PatternOptions, encode: Encode) {
    this.#text = text;
    this.#tokens = tokenize(text, false);
    this.#options = options;
    this.#encode = encode;
  }

  parse(): Part[] {
    while (this.#index < this.#tokens.length) {
      const character = this.#take("char");
      const name = this.#take("name");
      const matcher = this.#takeMatcher(name);
      if (name !== undefined || matcher !== undefined) {
        let prefix = character?.value ?? "";
        if (prefix !== this.#options.prefix) {
          this.#pending += prefix;
          prefix = "";
        }
        this.#addPending();
        this.#add({ prefix, name, matcher, suffix: "", modifier: this.#takeModifier() });
        continue;
      }
      const fixed = character ?? this.#take("escaped-char");
      if (fixed !== undefined) {
        this.#pending += fixed.value;
        continue;
      }
      if (this.#take("open") !== undefined) {
        this.#group();
        continue;
      }
      this.#addPending();
      this.#need("end");
    }
    return this.#parts;
  }

  #group(): void {
    const prefix = this.#takeText();
    const name = this.#take("name");
    const matcher = this.#takeMatcher(name);
    const suffix = this.#takeText();
    this.#need("close");
    this.#add({ prefix, name, matcher, suffix, modifier: this.#takeModifier() });
  }

  #take(type: TokenType): Token | undefined {
    const token = this.#tokens[this.#index];
    if (token?.type !== type) return undefined;
    this.#index++;
    return token;
  }

  #need(type: TokenType): void {
    if (this.#take(type) !== undefined) return;
    const { index } = this.#tokens[this.#index] as Token;
    throw new TypeError(`The pattern ${JSON.stringify(this.#text)} is malformed at character ${index}`);
  }

  #takeMatcher(name: Token | undefined): Token | undefined {
    return this.#take("regexp") ?? (name === undefined ? this.#take("asterisk") : undefined);
  }

  #takeModifier(): Modifier {
    return ((this.#take("other-modifier") ?? this.#take("asterisk"))?.value ?? "") as Modifier;
  }

  #takeText(): string {
    let text = "";
    for (;;) {
      const token = this.#take("char") ?? this.#take("escaped-char");
      if (token === undefined) return text;
      text += token.value;
    }
  }

  #addPending(): void {
    if (this.#pending === "") return;
    const value = this.#encode(this.#pending);
    this.#pending = "";
    this.#parts.push({ type: "fixed-text", value, modifier: "", name: "", prefix: "", suffix: "" });
  }

  #add({ prefix, name, matcher, suffix, modifier }: Given): void {
    if (name === undefined && matcher === undefined) {
      if (modifier === "") {
        this.#pending += prefix;
        return;
      }
      this.#addPending();
      if (prefix === "") return;
      const value = this.#encode(prefix);
      this.#parts.push({ type: "fixed-text", value, modifier, name: "", prefix: "", suffix: "" });
      return;
    }
    this.#addPending();
    const ownName = name?.value ?? `${this.#nextName++}`;
    if (this.#names.has(ownName)) throw new TypeError(`The pattern has two groups with the name ${ownName}`);
    this.#names.add(ownName);
    const [encodedPrefix, encodedSuffix] = [this.#encode(prefix), this.#encode(suffix)];
    this.#parts.push({ ...this.#kind(matcher), modifier, name: ownName, prefix: encodedPrefix, suffix: encodedSuffix });
  }

  #kind(matcher: Token | undefined): Pick<Part, "type" | "value"> {
    const wildcard = segmentWildcard(this.#options);
    const value = matcher === undefined ? wildcard : matcher.type === "asterisk" ? FULL_WILDCARD : matcher.value;
    if (value === wildcard) return { type: "segment-wildcard", value: "" };
    if (value === FULL_WILDCARD) return { type: "full-wildcard", value: "" };
    return { type: "regexp", value };
  }
}

interface Given {
  readonly prefix: string;
  readonly name: Token | undefined;
  readonly matcher: Token | undefined;
  readonly suffix: string;
  readonly modifier: Modifier;
}
