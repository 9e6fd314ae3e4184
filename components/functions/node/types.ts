/** What `node:util/types` can tell without the engine's help: by brands, which a `Symbol.toStringTag` does not change. */

const { getPrototypeOf, getOwnPropertyDescriptor } = Object;
const arrayPrototype = getPrototypeOf(Uint8Array.prototype);
const tagOf = getOwnPropertyDescriptor(arrayPrototype, Symbol.toStringTag)?.get as () => string | undefined;

/** Whether a built-in's own method or getter takes the value for one of its own. */
function brand(probe: (value: never) => unknown): (value: unknown) => boolean {
  return (value) => {
    if (typeof value !== "object" || value === null) return false;
    try {
      probe(value as never);
      return true;
    } catch {
      return false;
    }
  };
}
const method =
  (Class: { prototype: object }, name: PropertyKey, ...given: unknown[]) =>
  (value: unknown) =>
    Reflect.apply(Reflect.get(Class.prototype, name), value, given);
const accessor = (Class: { prototype: object }, name: PropertyKey) => {
  const get = getOwnPropertyDescriptor(Class.prototype, name)?.get as () => unknown;
  return (value: unknown) => Reflect.apply(get, value, []);
};
const arrayNamed = (name: string) => (value: unknown) =>
  ArrayBuffer.isView(value) && Reflect.apply(tagOf, value, []) === name;

export const isArrayBuffer = brand(accessor(ArrayBuffer, "byteLength"));
export const isAnyArrayBuffer = isArrayBuffer;
export const isArrayBufferView = ArrayBuffer.isView;
export const isDataView = brand(accessor(DataView, "byteLength"));
export const isTypedArray = (value: unknown) => ArrayBuffer.isView(value) && !isDataView(value);
export const isUint8Array = arrayNamed("Uint8Array");
export const isUint8ClampedArray = arrayNamed("Uint8ClampedArray");
export const isUint16Array = arrayNamed("Uint16Array");
export const isUint32Array = arrayNamed("Uint32Array");
export const isInt8Array = arrayNamed("Int8Array");
export const isInt16Array = arrayNamed("Int16Array");
export const isInt32Array = arrayNamed("Int32Array");
export const isFloat32Array = arrayNamed("Float32Array");
export const isFloat64Array = arrayNamed("Float64Array");
export const isBigInt64Array = arrayNamed("BigInt64Array");
export const isBigUint64Array = arrayNamed("BigUint64Array");
export const isDate = brand(method(Date, "getTime"));
export const isMap = brand(accessor(Map, "size"));
export const isSet = brand(accessor(Set, "size"));
export const isWeakMap = brand(method(WeakMap, "has", undefined));
export const isWeakSet = brand(method(WeakSet, "has", undefined));
export const isNumberObject = brand(method(Number, "valueOf"));
export const isStringObject = brand(method(String, "valueOf"));
export const isBooleanObject = brand(method(Boolean, "valueOf"));
export const isSymbolObject = brand(method(Symbol, "valueOf"));
export const isBigIntObject = brand(method(BigInt, "valueOf"));
export const isBoxedPrimitive = (value: unknown) =>
  [isNumberObject, isStringObject, isBooleanObject, isSymbolObject, isBigIntObject].some((is) => is(value));
export const isRegExp = (value: unknown) => value instanceof RegExp;
export const isNativeError = (value: unknown) => value instanceof Error;
export const isPromise = (value: unknown) => value instanceof Promise;

export default {
  isAnyArrayBuffer,
  isArrayBuffer,
  isArrayBufferView,
  isBigInt64Array,
  isBigIntObject,
  isBigUint64Array,
  isBooleanObject,
  isBoxedPrimitive,
  isDataView,
  isDate,
  isFloat32Array,
  isFloat64Array,
  isInt16Array,
  isInt32Array,
  isInt8Array,
  isMap,
  isNativeError,
  isNumberObject,
  isPromise,
  isRegExp,
  isSet,
  isStringObject,
  isSymbolObject,
  isTypedArray,
  isUint16Array,
  isUint32Array,
  isUint8Array,
  isUint8ClampedArray,
  isWeakMap,
  isWeakSet,
};
