import type { HeaderList } from "../../protocol/messages.ts";
import { BindingFault } from "./engine.ts";

/** What a function gave, read as an object: an isolate can send anything. */
export class Args {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    this.#fields = typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  }

  /** @throws BindingFault */
  text(name: string, { maxBytes }: { readonly maxBytes: number }): string {
    const value = this.#fields[name];
    if (typeof value !== "string" || !value.isWellFormed()) throw invalid(name, value, "a text");
    const bytes = Buffer.byteLength(value);
    if (bytes > maxBytes) {
      throw new BindingFault("ERR_BINDING_TOO_LARGE", `${name} has ${bytes} bytes, the most is ${maxBytes}`);
    }
    return value;
  }

  /** @returns undefined when it was not given. @throws BindingFault */
  optionalText(name: string, range: { readonly maxBytes: number }): string | undefined {
    return this.#isMissing(name) ? undefined : this.text(name, range);
  }

  /** @returns undefined when it was not given. @throws BindingFault */
  optionalInteger(name: string, { min, max }: { readonly min: number; readonly max: number }): number | undefined {
    if (this.#isMissing(name)) return undefined;
    const value = this.#fields[name];
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
      throw invalid(name, value, `a whole number from ${min} to ${max}`);
    }
    return value as number;
  }

  /** Names and values as they travel; their bytes are counted as in a message. @throws BindingFault */
  headers(name: string, { maxBytes }: { readonly maxBytes: number }): HeaderList {
    const value = this.#fields[name];
    const isPair = (pair: unknown) =>
      Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === "string");
    if (!Array.isArray(value) || !value.every(isPair)) throw invalid(name, value, "a list of headers");
    const list = value as HeaderList;
    const bytes = list.reduce((sum, [header, text]) => sum + header.length + text.length + 4, 0);
    if (bytes > maxBytes) {
      throw new BindingFault("ERR_BINDING_TOO_LARGE", `${name} have ${bytes} bytes, the most is ${maxBytes}`);
    }
    return list;
  }

  #isMissing(name: string): boolean {
    return this.#fields[name] === undefined || this.#fields[name] === null;
  }
}

function invalid(name: string, value: unknown, expected: string): BindingFault {
  const shown = JSON.stringify(value) ?? "nothing";
  return new BindingFault("ERR_BINDING_INVALID", `${name} is ${shown.slice(0, 80)}, not ${expected}`);
}
