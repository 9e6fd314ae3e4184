import { format, formatWithOptions, inspect, stripVTControlCharacters } from "node-inspect-extracted";
import types from "./types.ts";

type Callback = (error: unknown, value?: unknown) => void;
type AnyFunction = (...given: unknown[]) => unknown;

const CUSTOM = Symbol.for("nodejs.util.promisify.custom");

function promisified(original: AnyFunction): AnyFunction {
  if (typeof original !== "function") throw new TypeError('The "original" argument must be of type function');
  const custom = Reflect.get(original, CUSTOM);
  if (typeof custom === "function") return custom as AnyFunction;
  const wrapped = function (this: unknown, ...given: unknown[]) {
    return new Promise((resolve, reject) => {
      const done: Callback = (error, value) => (error ? reject(error) : resolve(value));
      Reflect.apply(original, this, [...given, done]);
    });
  };
  Object.setPrototypeOf(wrapped, Object.getPrototypeOf(original));
  return Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
}
export const promisify = /* @__PURE__ */ Object.assign(promisified, { custom: CUSTOM });

export function callbackify(original: AnyFunction): AnyFunction {
  return function (this: unknown, ...given: unknown[]) {
    const callback = given.pop() as Callback;
    if (typeof callback !== "function") throw new TypeError("The last argument must be of type function");
    const rejected = (reason: unknown) => queueMicrotask(() => callback(reason || falsyReason(reason)));
    const fulfilled = (value: unknown) => queueMicrotask(() => callback(null, value));
    (Reflect.apply(original, this, given) as Promise<unknown>).then(fulfilled, rejected);
  };
}

function falsyReason(reason: unknown): Error {
  const code = "ERR_FALSY_VALUE_REJECTION";
  return Object.assign(new Error("Promise was rejected with falsy value", { cause: reason }), { code, reason });
}

export function inherits(Class: AnyFunction, Parent: AnyFunction): void {
  Object.defineProperty(Class, "super_", { value: Parent, writable: true, configurable: true });
  Object.setPrototypeOf(Class.prototype, Parent.prototype);
}

/** Warns once, on the function's log. */
export function deprecate(method: AnyFunction, message: string, code?: string): AnyFunction {
  let warned = false;
  return function (this: unknown, ...given: unknown[]) {
    if (!warned) console.warn(`DeprecationWarning: ${code === undefined ? "" : `[${code}] `}${message}`);
    warned = true;
    return Reflect.apply(method, this, given);
  };
}

/** There is no NODE_DEBUG to switch a section on. */
export function debuglog(): AnyFunction {
  return Object.assign(() => {}, { enabled: false });
}

export const toUSVString = (text: unknown) => `${text}`.toWellFormed();
export const { isArray } = Array;
export const { TextDecoder, TextEncoder } = globalThis;
export { debuglog as debug, format, formatWithOptions, inspect, stripVTControlCharacters, types };
export default {
  TextDecoder,
  TextEncoder,
  callbackify,
  debug: debuglog,
  debuglog,
  deprecate,
  format,
  formatWithOptions,
  inherits,
  inspect,
  isArray,
  promisify,
  stripVTControlCharacters,
  toUSVString,
  types,
};
