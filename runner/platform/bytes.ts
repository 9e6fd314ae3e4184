import { apply } from "./primordials.ts";

/** Bytes as they were before tenant code could change what typed arrays do: what is a key's passes through here alone. */
export type Bytes = Uint8Array<ArrayBuffer>;

const BytesClass = Uint8Array;
const { isView } = ArrayBuffer;
const arrayPrototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const setBytes = arrayPrototype.set;

function getter(of: object, name: PropertyKey): () => unknown {
  return Object.getOwnPropertyDescriptor(of, name)?.get as () => unknown;
}

const bufferLength = getter(ArrayBuffer.prototype, "byteLength");
const arrayTag = getter(arrayPrototype, Symbol.toStringTag);
const ofArray = {
  buffer: getter(arrayPrototype, "buffer"),
  byteOffset: getter(arrayPrototype, "byteOffset"),
  byteLength: getter(arrayPrototype, "byteLength"),
};
const ofDataView = {
  buffer: getter(DataView.prototype, "buffer"),
  byteOffset: getter(DataView.prototype, "byteOffset"),
  byteLength: getter(DataView.prototype, "byteLength"),
};

/** Of such bytes; their own `length` is a getter that can be changed. */
export function byteCount(bytes: Bytes): number {
  return apply(ofArray.byteLength, bytes, []) as number;
}

export function newBytes(length: number): Bytes {
  return new BytesClass(length);
}

export function viewOf(buffer: ArrayBuffer, offset?: number, length?: number): Bytes {
  return new BytesClass(buffer, offset, length);
}

/** `Uint8Array` and the like; undefined for whatever is no typed array. */
export function typedArrayName(value: unknown): string | undefined {
  return isView(value) ? (apply(arrayTag, value, []) as string | undefined) : undefined;
}

export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView<ArrayBuffer> {
  return isView(value) || isBuffer(value);
}

/** The memory itself, not a copy. Of a buffer that was transferred nothing is left. */
export function sharedBytes(source: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Bytes {
  if (!isView(source)) return (apply(bufferLength, source, []) as number) === 0 ? newBytes(0) : viewOf(source);
  const of = typedArrayName(source) === undefined ? ofDataView : ofArray;
  try {
    const length = apply(of.byteLength, source, []) as number;
    // A view whose buffer was transferred has no bytes; one of a DataView says so by an error.
    if (length === 0) return newBytes(0);
    return viewOf(apply(of.buffer, source, []) as ArrayBuffer, apply(of.byteOffset, source, []) as number, length);
  } catch {
    return newBytes(0);
  }
}

/** A copy: what becomes of the source later does not count. */
export function copiedBytes(source: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Bytes {
  return new BytesClass(sharedBytes(source));
}

export function setBytesAt(target: Bytes, source: Bytes, at: number): void {
  apply(setBytes, target, [source, at]);
}

export function joinedBytes(parts: readonly Bytes[]): Bytes {
  let length = 0;
  for (let index = 0; index < parts.length; index++) length += byteCount(parts[index] as Bytes);
  const joined = newBytes(length);
  for (let index = 0, at = 0; index < parts.length; index++) {
    const part = parts[index] as Bytes;
    setBytesAt(joined, part, at);
    at += byteCount(part);
  }
  return joined;
}

/** The first bytes, copied. */
export function firstBytes(bytes: Bytes, length: number): Bytes {
  return new BytesClass(viewOf(bufferOf(bytes), apply(ofArray.byteOffset, bytes, []) as number, length));
}

/** The buffer of bytes that fill it. */
export function bufferOf(bytes: Bytes): ArrayBuffer {
  return apply(ofArray.buffer, bytes, []) as ArrayBuffer;
}

/** A buffer of just these bytes, for the host, which copies it. */
export function exactBuffer(bytes: Bytes): ArrayBuffer {
  const buffer = bufferOf(bytes);
  return byteCount(bytes) === apply(bufferLength, buffer, []) ? buffer : bufferOf(copiedBytes(bytes));
}

function isBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== "object" || value === null) return false;
  try {
    apply(bufferLength, value, []);
    return true;
  } catch {
    return false;
  }
}
