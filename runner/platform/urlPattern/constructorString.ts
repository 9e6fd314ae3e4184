import type { ComponentName, PatternInit } from "./patternInit.ts";
import { type Token, tokenize } from "./tokenizer.ts";

type State = "init" | "authority" | "done" | ComponentName;

const ORDER: readonly State[] = [
  "protocol",
  "authority",
  "username",
  "password",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
];
const PLAIN = ["char", "escaped-char", "invalid-char"];

/**
 * The URL Pattern Standard's "parse a constructor string": a pattern as text, taken apart.
 *
 * @param isSpecialProtocol whether the pattern of a protocol matches a special scheme
 */
export function parseConstructorString(text: string, isSpecialProtocol: (pattern: string) => boolean): PatternInit {
  return new ConstructorParser(text, isSpecialProtocol).parse();
}

class ConstructorParser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #isSpecialProtocol: (pattern: string) => boolean;
  readonly #result: PatternInit = {};
  #state: State = "init";
  #start = 0;
  #index = 0;
  #increment = 1;
  #groupDepth = 0;
  #bracketDepth = 0;
  #isSpecial = false;

  constructor(text: string, isSpecialProtocol: (pattern: string) => boolean) {
    this.#text = text;
    this.#tokens = tokenize(text, true);
    this.#isSpecialProtocol = isSpecialProtocol;
  }

  parse(): PatternInit {
    while (this.#index < this.#tokens.length) {
      this.#increment = 1;
      const { type } = this.#token(this.#index);
      if (type === "end") {
        if (!this.#atEnd()) break;
      } else if (type === "open") {
        this.#groupDepth++;
      } else if (this.#groupDepth > 0 && type !== "close") {
        // What is in a group belongs to the component that the group is in.
      } else {
        if (this.#groupDepth > 0) this.#groupDepth--;
        this.#step();
      }
      this.#index += this.#increment;
    }
    if (this.#result.hostname !== undefined && this.#result.port === undefined) this.#result.port = "";
    return this.#result;
  }

  /** @returns whether the text is to be gone through again */
  #atEnd(): boolean {
    if (this.#state === "init") {
      this.#rewind("init");
      if (this.#isPlain(0, "#")) this.#change("hash", 1);
      else if (this.#isSearchPrefix()) this.#change("search", 1);
      else this.#change("pathname", 0);
      return true;
    }
    if (this.#state === "authority") {
      this.#rewind("hostname");
      return true;
    }
    this.#change("done", 0);
    return false;
  }

  #step(): void {
    switch (this.#state) {
      case "init":
        if (this.#isPlain(0, ":")) this.#rewind("protocol");
        return;
      case "protocol":
        if (this.#isPlain(0, ":")) this.#endProtocol();
        return;
      case "authority":
        if (this.#isPlain(0, "@")) this.#rewind("username");
        else if (this.#isPlain(0, "/") || this.#isSearchPrefix() || this.#isPlain(0, "#")) this.#rewind("hostname");
        return;
      case "username":
        if (this.#isPlain(0, ":")) this.#change("password", 1);
        else if (this.#isPlain(0, "@")) this.#change("hostname", 1);
        return;
      case "password":
        if (this.#isPlain(0, "@")) this.#change("hostname", 1);
        return;
      case "hostname":
        if (this.#isPlain(0, "[")) this.#bracketDepth++;
        else if (this.#isPlain(0, "]")) this.#bracketDepth--;
        else if (this.#isPlain(0, ":") && this.#bracketDepth === 0) this.#change("port", 1);
        else this.#endBefore("pathname");
        return;
      case "port":
        this.#endBefore("pathname");
        return;
      case "pathname":
        this.#endBefore("search");
        return;
      case "search":
        this.#endBefore("hash");
    }
  }

  #endProtocol(): void {
    this.#isSpecial = this.#isSpecialProtocol(this.#component());
    if (this.#isPlain(1, "/") && this.#isPlain(2, "/")) this.#change("authority", 3);
    else this.#change(this.#isSpecial ? "authority" : "pathname", 1);
  }

  /** Goes on with the first component from `first` on that begins here. */
  #endBefore(first: "pathname" | "search" | "hash"): void {
    if (first === "pathname" && this.#isPlain(0, "/")) this.#change("pathname", 0);
    else if (first !== "hash" && this.#isSearchPrefix()) this.#change("search", 1);
    else if (this.#isPlain(0, "#")) this.#change("hash", 1);
  }

  #change(next: State, skip: number): void {
    const state = this.#state;
    const result = this.#result;
    if (state !== "init" && state !== "authority" && state !== "done") result[state] = this.#component();
    if (state !== "init" && next !== "done") {
      const [from, to] = [ORDER.indexOf(state), ORDER.indexOf(next)];
      const at = (name: State) => ORDER.indexOf(name);
      // What lies between two components that are there is empty, not anything.
      if (from < at("hostname") && to > at("hostname")) result.hostname ??= "";
      if (from < at("pathname") && to > at("pathname")) result.pathname ??= this.#isSpecial ? "/" : "";
      if (from < at("search") && to > at("search")) result.search ??= "";
    }
    this.#state = next;
    this.#index += skip;
    this.#start = this.#index;
    this.#increment = 0;
  }

  #rewind(state: State): void {
    this.#index = this.#start;
    this.#increment = 0;
    this.#state = state;
  }

  #token(index: number): Token {
    return (this.#tokens[index] ?? this.#tokens.at(-1)) as Token;
  }

  #isPlain(offset: number, value: string): boolean {
    const token = this.#token(this.#index + offset);
    return token.value === value && PLAIN.includes(token.type);
  }

  /** A question mark that is no modifier. */
  #isSearchPrefix(): boolean {
    if (this.#isPlain(0, "?")) return true;
    if (this.#token(this.#index).value !== "?") return false;
    const before = this.#tokens[this.#index - 1];
    return before === undefined || !["name", "regexp", "close", "asterisk"].includes(before.type);
  }

  #component(): string {
    return this.#text.slice(this.#token(this.#start).index, this.#token(this.#index).index);
  }
}
