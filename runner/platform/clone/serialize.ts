import { DOMException } from "../domException.ts";
import { defineProperty, getOwnPropertyDescriptor, ownKeys, uncurryThis } from "../primordials.ts";
import { isObject, isPlatformPrototype } from "../webidl.ts";
import { boxMaker, isClosed } from "./boxes.ts";
import { detachedOf, serializableOf } from "./platformObjects.ts";

/** A value on its way: the clone is made when it is first read, then filled, so that it can hold itself. */
export interface Serialized {
  readonly create: () => unknown;
  readonly fill?: (clone: never) => void;
  made?: { readonly clone: unknown };
}

export type Memory = Map<object, Serialized>;

const { getPrototypeOf, hasOwn } = Object;
const [ArrayClass, MapClass, SetClass, ErrorClass, Bytes] = [Array, Map, Set, Error, Uint8Array];
let isError: (value: unknown) => boolean;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const eachOfMap: (map: Map<unknown, unknown>, run: (value: unknown, key: unknown) => void) => void = uncurryThis(
  Map.prototype.forEach,
);
const eachOfSet: (set: Set<unknown>, run: (value: unknown) => void) => void = uncurryThis(Set.prototype.forEach);
const setInMap: (map: Map<unknown, unknown>, key: unknown, value: unknown) => void = uncurryThis(Map.prototype.set);
const addToSet: (set: Set<unknown>, value: unknown) => void = uncurryThis(Set.prototype.add);

/** V8 adds `Error.isError` to a context only when it is made from the snapshot: called then, before any code of the function. */
export function takeLateBuiltIns(): void {
  isError = (Error as unknown as { isError(value: unknown): boolean }).isError;
}

/** HTML's StructuredSerialize. @throws DataCloneError for what has no clone, and what getters throw */
export function serialize(value: unknown, memory: Memory): Serialized {
  if (typeof value === "symbol") throw uncloneable("A symbol");
  if (typeof value === "function") throw uncloneable("A function");
  if (!isObject(value)) return { create: () => value };
  const known = memory.get(value);
  if (known !== undefined) return known;
  const { entry, read } = serializeObject(value, memory);
  memory.set(value, entry);
  read?.();
  return entry;
}

/** HTML's StructuredDeserialize. */
export function deserialize(entry: Serialized): unknown {
  if (entry.made === undefined) {
    const clone = entry.create();
    entry.made = { clone };
    entry.fill?.(clone as never);
  }
  return entry.made.clone;
}

export function uncloneable(what: string): DOMException {
  return new DOMException(`${what} could not be cloned`, "DataCloneError");
}

interface Begun {
  readonly entry: Serialized;
  /** Reads what the object holds, once it can be found in the memory. */
  readonly read?: () => void;
}

function serializeObject(value: object, memory: Memory): Begun {
  const kept = serializableOf(value);
  if (kept !== undefined) return { entry: { create: kept.copy(value) } };
  if (isView(value)) return serializeView(value, memory);
  const isGone = detachedOf(value);
  if (isGone !== undefined) {
    if (isGone) throw uncloneable("A detached ArrayBuffer");
    // Not `slice`, which would ask the buffer for a class.
    const copy = new Bytes(new Bytes(value as ArrayBuffer)).buffer;
    return { entry: { create: () => copy } };
  }
  if (isError(value)) return serializeError(value as Error);
  const prototype = getPrototypeOf(value);
  // Nearly all objects are plain.
  if (prototype !== Object.prototype && !isArray(value)) {
    const make = boxMaker(value);
    if (make !== undefined) return { entry: { create: make } };
    const collection = serializeCollection(value, memory);
    if (collection !== undefined) return collection;
    checkPrototypes(prototype);
  }
  return serializeProperties(value, memory);
}

function checkPrototypes(first: object | null): void {
  for (let prototype = first; prototype !== null; prototype = getPrototypeOf(prototype)) {
    if (isPlatformPrototype(prototype) || isClosed(prototype)) throw uncloneable("The object");
  }
}

function serializeView(view: ArrayBufferView, memory: Memory): Begun {
  const { byteOffset, byteLength } = view;
  if (detachedOf(view.buffer) === true) throw uncloneable("A view of a detached ArrayBuffer");
  const buffer = serialize(view.buffer, memory);
  const kind = viewKind(view);
  const View = (kind === undefined ? DataView : globalTypes[kind]) as Uint8ArrayConstructor;
  const length = kind === undefined ? byteLength : byteLength / View.BYTES_PER_ELEMENT;
  return { entry: { create: () => new View(deserialize(buffer) as ArrayBuffer, byteOffset, length) } };
}

const viewKind: (view: ArrayBufferView) => string | undefined = uncurryThis(
  getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get as (
    this: ArrayBufferView,
  ) => string | undefined,
);
const globalTypes: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.getOwnPropertyNames(globalThis)
    .filter((name) => getPrototypeOf(Uint8Array) === getPrototypeOf((globalThis as Record<string, unknown>)[name] ?? 0))
    .map((name) => [name, (globalThis as Record<string, unknown>)[name]]),
);

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function serializeError(error: Error): Begun {
  const { name, stack } = error;
  const ErrorType = (hasOwn(ERRORS, `${name}`) && ERRORS[`${name}`]) || ErrorClass;
  const own = getOwnPropertyDescriptor(error, "message");
  const message = own === undefined || !("value" in own) ? undefined : `${own.value}`;
  const stackText = typeof stack === "string" ? stack : undefined;
  const create = () => {
    const clone = new ErrorType(message);
    if (stackText !== undefined) hide(clone, "stack", stackText);
    return clone;
  };
  return { entry: { create } };
}

function hide(target: object, key: string, value: unknown): void {
  defineProperty(target, key, { value, writable: true, configurable: true });
}

function serializeCollection(value: object, memory: Memory): Begun | undefined {
  const items: [unknown, unknown][] = [];
  let isMap = true;
  try {
    eachOfMap(value as Map<unknown, unknown>, (item, key) => items.push([key, item]));
  } catch {
    isMap = false;
    try {
      eachOfSet(value as Set<unknown>, (item) => items.push([item, undefined]));
    } catch {
      return undefined;
    }
  }
  const kept: [Serialized, Serialized][] = [];
  const read = () => {
    for (const [key, item] of items) kept.push([serialize(key, memory), serialize(item, memory)]);
  };
  const fillMap = (clone: Map<unknown, unknown>) => {
    for (const [key, item] of kept) setInMap(clone, deserialize(key), deserialize(item));
  };
  const fillSet = (clone: Set<unknown>) => {
    for (const [item] of kept) addToSet(clone, deserialize(item));
  };
  return isMap
    ? { entry: { create: () => new MapClass(), fill: fillMap }, read }
    : { entry: { create: () => new SetClass(), fill: fillSet }, read };
}

function serializeProperties(value: object, memory: Memory): Begun {
  const length = isArray(value) ? value.length : undefined;
  const kept: [string, Serialized][] = [];
  const read = () => {
    for (const key of ownKeys(value)) {
      if (typeof key === "symbol" || getOwnPropertyDescriptor(value, key)?.enumerable !== true) continue;
      kept.push([key, serialize((value as Record<string, unknown>)[key], memory)]);
    }
  };
  const fill = (clone: object) => {
    for (const [key, item] of kept) {
      defineProperty(clone, key, { value: deserialize(item), writable: true, enumerable: true, configurable: true });
    }
  };
  const create = () => (length === undefined ? {} : new ArrayClass(length));
  return { entry: { create, fill }, read };
}
