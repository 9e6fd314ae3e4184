/** Built-ins as they were before tenant code could change them. */
export const { parse: jsonParse, stringify: jsonStringify } = JSON;
export const { apply, construct, deleteProperty, get: getProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
export const { defineProperty, freeze, create: objectCreate, setPrototypeOf } = Object;
export const fromCharCode = String.fromCharCode;
const { bind, call } = Function.prototype;

const { isArray } = Array;

/**
 * JSON of plain data, for the host. Whatever stands on prototypes counts for nothing, a `toJSON` neither: what a function could put
 * there must not write what the host is asked to do.
 */
export function plainJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return jsonStringify(value) ?? "null";
  let text = "";
  if (isArray(value)) {
    for (let index = 0; index < value.length; index++) text += `${index === 0 ? "" : ","}${plainJson(value[index])}`;
    return `[${text}]`;
  }
  const keys = ownKeys(value);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const member: unknown = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${text === "" ? "" : ","}${jsonStringify(key)}:${plainJson(member)}`;
  }
  return `{${text}}`;
}

/** A list that is filled by index: a setter on the prototype of arrays is not asked. */
export function plainList<T>(): T[] {
  return setPrototypeOf([], null) as T[];
}

/** A method as a function whose first argument is what it would be called on. */
export function uncurryThis<S, A extends unknown[], R>(method: (this: S, ...args: A) => R): (self: S, ...args: A) => R {
  return apply(bind, call, [method]) as (self: S, ...args: A) => R;
}

export const charCodeAt: (text: string, index: number) => number = uncurryThis(String.prototype.charCodeAt);
export const toLowerCase: (text: string) => string = uncurryThis(String.prototype.toLowerCase);
export const toUpperCase: (text: string) => string = uncurryThis(String.prototype.toUpperCase);
export const toWellFormed: (text: string) => string = uncurryThis(String.prototype.toWellFormed);
export const sliceText: (text: string, start: number, end?: number) => string = uncurryThis(String.prototype.slice);
const ProxyClass = Proxy;

const MapClass = Map;
const MAP_METHODS = ["get", "set", "has", "delete", "forEach"] as const;
const mapDescriptors = MAP_METHODS.map((name) => [name, Object.getOwnPropertyDescriptor(Map.prototype, name)] as const);

/** A map that keeps working whatever becomes of `Map.prototype`, but for iterators: their `next` is anybody's to change. */
export function safeMap<K, V>(): Map<K, V> {
  const map = new MapClass<K, V>();
  for (let index = 0; index < mapDescriptors.length; index++) {
    const entry = mapDescriptors[index] as (typeof mapDescriptors)[number];
    defineProperty(map, entry[0], entry[1] as PropertyDescriptor);
  }
  return map;
}

/** `Promise.resolve(value).then(done, failed)` that a changed `Promise` cannot divert. What the callbacks throw is taken by nobody. */
export async function settle(
  value: unknown,
  done: (value: unknown) => void,
  failed: (error: unknown) => void,
): Promise<void> {
  let result: unknown;
  try {
    result = await value;
  } catch (error) {
    failed(error);
    return;
  }
  done(result);
}

/** Calls `make` where a class is constructed; all else is the class's own. A handler with a prototype would be open to traps put there. */
export function withConstructor<Class extends object>(
  target: Class,
  make: (args: readonly unknown[], newTarget: NewTarget) => object,
): Class {
  const handler = {
    __proto__: null,
    construct: (_: Class, args: unknown[], newTarget: NewTarget) => make(args, newTarget),
  };
  return new ProxyClass(target, handler as unknown as ProxyHandler<Class>);
}

/** An object whose properties are what `get` says; nothing of it shows anywhere else. */
export function withGet(get: (name: unknown) => unknown): object {
  const handler = { __proto__: null, get: (_: object, name: unknown) => get(name) };
  return new ProxyClass({ __proto__: null }, handler as unknown as ProxyHandler<object>);
}

export type NewTarget = new (...args: never[]) => unknown;

/** Defines a method or class the way the language's own are, whatever becomes of `Object.prototype`. */
export function defineValue(owner: object, name: string, value: unknown, enumerable = false): void {
  const descriptor = { __proto__: null, value, writable: true, enumerable, configurable: true };
  defineProperty(owner, name, descriptor as unknown as PropertyDescriptor);
}

/** Defines a global the way the platform's own are: writable; interfaces and namespaces are not enumerable, operations and attributes are. */
export function defineGlobal(name: string, value: unknown, enumerable = false): void {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable });
}

/** A global that is made when its name is used first. */
export function defineLazyGlobal(name: string, load: () => unknown): void {
  defineProperty(globalThis, name, {
    configurable: true,
    get: () => {
      const value = load();
      defineGlobal(name, value);
      return value;
    },
    set: (value: unknown) => defineGlobal(name, value),
  });
}
