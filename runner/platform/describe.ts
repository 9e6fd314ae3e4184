import { LOG_LINE_CHARS_MAX } from "../worker/isolatePort.ts";
import { apply, getOwnPropertyDescriptor, jsonStringify, ownKeys, sliceText } from "./primordials.ts";

/** How deep objects are shown within objects. */
const DEPTH_MAX = 6;
const tagOf = Object.prototype.toString;
const dateText = Date.prototype.toISOString;
const regExpText = RegExp.prototype.toString;

/** A value as the log shows it: text as it is, the rest much like JSON, with what JSON has no form for. */
export function describe(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}

/** The same with text in quotes, as it is shown within objects. */
export function inspect(value: unknown): string {
  try {
    return new Inspector().text(value);
  } catch {
    return typeof value === "object" ? (apply(tagOf, value, []) as string) : `a ${typeof value}`;
  }
}

/** Name, message, stack and causes, whatever a hostile error does on the way. */
export function errorText(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `thrown: ${describe(error)}`;
    let text = ownErrorText(error);
    for (
      let cause = error.cause, depth = 0;
      cause instanceof Error && depth < DEPTH_MAX;
      cause = cause.cause, depth++
    ) {
      text += `\ncaused by ${ownErrorText(cause)}`;
    }
    return sliceText(text, 0, LOG_LINE_CHARS_MAX);
  } catch {
    return "an error that cannot be described";
  }
}

function ownErrorText(error: Error): string {
  const head = `${error.name}: ${error.message}`;
  const stack = `${error.stack ?? ""}`;
  return stack.includes(error.message) ? stack : `${head}\n${stack}`;
}

class Inspector {
  readonly #parents: object[] = [];
  /** Characters that are left: what is longer than a line is not put together. */
  #left = LOG_LINE_CHARS_MAX * 2;

  text(value: unknown): string {
    const text = this.#any(value);
    this.#left -= text.length;
    return text;
  }

  #any(value: unknown): string {
    if (typeof value === "string") return jsonStringify(value);
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value === "symbol") return String(value);
    if (Object.is(value, -0)) return "-0";
    if (typeof value !== "object" && typeof value !== "function") return `${value}`;
    if (value === null) return "null";
    if (typeof value === "function") return value.name === "" ? "[Function]" : `[Function ${value.name}]`;
    if (this.#parents.includes(value)) return "[Circular]";
    if (this.#parents.length >= DEPTH_MAX) return Array.isArray(value) ? "[…]" : "{…}";
    this.#parents.push(value);
    try {
      return this.#object(value);
    } finally {
      this.#parents.pop();
    }
  }

  #object(value: object): string {
    if (value instanceof Error) return ownErrorText(value);
    if (value instanceof RegExp) return apply(regExpText, value, []) as string;
    if (value instanceof Date)
      return Number.isNaN(value.getTime()) ? "Invalid Date" : jsonStringify(apply(dateText, value, []));
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return this.text(apply(toJSON, value, []));
    if (value instanceof Promise) return "Promise {}";
    if (Array.isArray(value)) return `[${this.#list(value)}]`;
    if (value instanceof Map) {
      const entries = this.#list(
        value,
        (entry) => `${this.text((entry as unknown[])[0])} => ${this.text((entry as unknown[])[1])}`,
      );
      return `Map(${value.size}) {${entries}}`;
    }
    if (value instanceof Set) return `Set(${value.size}) {${this.#list(value)}}`;
    if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      const list = value as unknown as ArrayLike<unknown> & Iterable<unknown>;
      return `${value.constructor.name}(${list.length}) [${this.#list(list)}]`;
    }
    return `${className(value)}{${this.#members(value)}}`;
  }

  #list(values: Iterable<unknown>, show = (value: unknown) => this.text(value)): string {
    let text = "";
    for (const value of values) {
      if (text !== "") text += ",";
      if (this.#left <= 0) return `${text}…`;
      text += show(value);
    }
    return text;
  }

  #members(value: object): string {
    let text = "";
    for (const key of ownKeys(value)) {
      if (getOwnPropertyDescriptor(value, key)?.enumerable !== true) continue;
      if (text !== "") text += ",";
      if (this.#left <= 0) return `${text}…`;
      const shownKey = typeof key === "symbol" ? `[${String(key)}]` : jsonStringify(key);
      text += `${shownKey}:${this.text((value as Record<string | symbol, unknown>)[key])}`;
    }
    return text;
  }
}

/** The class of what is no plain object, with a space. */
function className(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return "";
  const name = prototype.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? `${name} ` : "";
}
