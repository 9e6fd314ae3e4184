import {
  apply,
  charCodeAt,
  defineProperty,
  getOwnPropertyDescriptor,
  jsonStringify,
  ownKeys,
  safeMap,
  sliceText,
  toWellFormed,
  uncurryThis,
} from "./primordials.ts";

/** What Web IDL says of interfaces and of the values that come into them. */

/** Any class, its constructor's parameters left open. */
// biome-ignore lint/suspicious/noExplicitAny: a class of any shape
type Interface = abstract new (...args: any) => object;

/** Makes a class look as an interface does: its members are enumerable, its name is its objects' tag. */
export function defineInterface(Class: Interface, name: string): void {
  const { prototype } = Class;
  markPlatform(prototype);
  defineProperty(Class, "name", { value: name, configurable: true });
  showMembers(prototype, "constructor");
  showMembers(Class, "prototype");
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

const platformPrototypes = new WeakSet<object>();
const addPrototype: (set: WeakSet<object>, item: object) => void = uncurryThis(WeakSet.prototype.add);
const hasPrototype: (set: WeakSet<object>, item: object) => boolean = uncurryThis(WeakSet.prototype.has);

/** Its objects are the platform's own: none that is not made for it can be cloned. */
export function markPlatform(prototype: object): void {
  addPrototype(platformPrototypes, prototype);
}

export function isPlatformPrototype(prototype: object): boolean {
  return hasPrototype(platformPrototypes, prototype);
}

function showMembers(target: object, hidden: string): void {
  for (const key of ownKeys(target)) {
    if (typeof key === "symbol" || key === hidden) continue;
    const found = getOwnPropertyDescriptor(target, key) as PropertyDescriptor;
    if (typeof found.value === "function" || found.get !== undefined)
      defineProperty(target, key, { ...found, enumerable: true });
  }
}

/** Constants of an interface: on the class and its prototype, for ever. */
export function defineConstants(Class: Interface, constants: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(constants)) {
    for (const target of [Class, Class.prototype]) defineProperty(target, name, { value, enumerable: true });
  }
}

/** @throws TypeError where a method got fewer arguments than it needs */
export function needArguments(given: number, needed: number, what: string): void {
  if (given < needed) throw new TypeError(`${what} takes ${needed} argument${needed > 1 ? "s" : ""}, not ${given}`);
}

export function toUsvString(value: unknown): string {
  return toWellFormed(`${value}`);
}

/** @throws TypeError when a character is over U+00FF */
export function toByteString(value: unknown): string {
  const text = `${value}`;
  for (let index = 0; index < text.length; index++) {
    if (charCodeAt(text, index) > 255)
      throw new TypeError(`A character of ${shown(text)} is over U+00FF: it has no form as one byte`);
  }
  return text;
}

/** @throws TypeError when the value is none of `values` */
export function toEnum<T extends string>(value: unknown, values: readonly T[], what: string): T {
  const text = `${value}`;
  for (let index = 0; index < values.length; index++) if (values[index] === text) return values[index] as T;
  throw new TypeError(`${what} is ${shown(text)}; it must be one of ${values}`);
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

const viewKind = getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as () => string;

export function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return isObject(value) && apply(viewKind, value, []) === "Uint8Array";
}

const NOTHING: object = Object.freeze({ __proto__: null });

/** A dictionary to read members of. @throws TypeError when the value is neither an object nor missing */
export function toDictionary(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return NOTHING as Readonly<Record<string, unknown>>;
  if (!isObject(value)) throw new TypeError(`${what} must be an object`);
  return value as Readonly<Record<string, unknown>>;
}

/** The items of an iterable object, each converted as it comes. @throws TypeError for what is no such object */
export function toSequence<T>(value: unknown, convert: (item: unknown) => T, what: string): T[] {
  if (!isObject(value)) throw new TypeError(`${what} must be an object that can be iterated over`);
  return sequenceFrom(value, (value as { [Symbol.iterator]?: unknown })[Symbol.iterator], convert, what);
}

/** The same where the method that iterates has been read already. */
export function sequenceFrom<T>(value: object, iterate: unknown, convert: (item: unknown) => T, what: string): T[] {
  if (typeof iterate !== "function") throw new TypeError(`${what} must be an object that can be iterated over`);
  const iterator = apply(iterate, value, []) as Iterator<unknown>;
  if (!isObject(iterator)) throw new TypeError(`The iterator of ${what} is no object`);
  const { next } = iterator;
  const items: T[] = [];
  for (;;) {
    const step = apply(next, iterator, []) as IteratorResult<unknown>;
    if (!isObject(step)) throw new TypeError(`The iterator of ${what} gave a result that is no object`);
    if (step.done) return items;
    items[items.length] = convert(step.value);
  }
}

/** The members of a record, in Web IDL's order: names that become the same count once, with the last value. */
export function toRecord<V>(
  value: object,
  toName: (key: unknown) => string,
  convert: (value: unknown) => V,
): [string, V][] {
  const pairs: [string, V][] = [];
  const places = safeMap<string, number>();
  const keys = ownKeys(value);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string | symbol;
    if (!getOwnPropertyDescriptor(value, key)?.enumerable) continue;
    const name = toName(key);
    const converted = convert((value as Record<string | symbol, unknown>)[key]);
    const known = places.get(name) ?? pairs.length;
    places.set(name, known);
    pairs[known] = [name, converted];
  }
  return pairs;
}

/** A long, wrapped around as integers are. @throws TypeError for symbols and bigints */
export function toLong(value: unknown): number {
  return +(value as number) | 0;
}

/** [EnforceRange] unsigned long long. @throws TypeError outside of its range */
export function toUnsignedLongLong(value: unknown, what: string): number {
  const number = Number(value);
  if (!(number > -1 && number <= Number.MAX_SAFE_INTEGER))
    throw new TypeError(`${what} is ${number}; it must be between 0 and 2^53 - 1`);
  return Math.trunc(number) + 0;
}

/** The start of a text as error messages show it. */
export function shown(text: string): string {
  return jsonStringify(text.length > 64 ? `${sliceText(text, 0, 64)}…` : text);
}
