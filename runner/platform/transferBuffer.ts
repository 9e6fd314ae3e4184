import { setBytesAt, viewOf } from "./bytes.ts";
import { uncurryThis } from "./primordials.ts";

const ArrayBufferClass = ArrayBuffer;
const { trunc } = Math;
const lengthOf: (buffer: ArrayBuffer) => number = uncurryThis(
  Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")?.get as (this: ArrayBuffer) => number,
);
const nativeTransfer: (buffer: ArrayBuffer, length: number) => ArrayBuffer = uncurryThis(
  (ArrayBuffer.prototype as unknown as { transfer(this: ArrayBuffer, length: number): ArrayBuffer }).transfer,
);

/**
 * `ArrayBuffer.prototype.transfer` for buffers of a fixed length, into memory of the isolate's own. V8 would hand the memory
 * on where the length stays the same: of what the host gave, the heap limit counts the first ArrayBuffer and no later one.
 *
 * @throws TypeError for what is no ArrayBuffer, or detached; RangeError for a length without memory
 */
export function transferBuffer(buffer: ArrayBuffer, newLength?: unknown): ArrayBuffer {
  const before = lengthOf(buffer);
  const wanted = newLength === undefined ? before : +(newLength as number);
  // Read again: a `valueOf` may have detached it. What is detached or of another length is V8's to refuse or to copy.
  const length = lengthOf(buffer);
  if (length === 0 || trunc(wanted) !== length) return nativeTransfer(buffer, wanted);
  const copy = new ArrayBufferClass(length);
  setBytesAt(viewOf(copy), viewOf(buffer), 0);
  nativeTransfer(buffer, 0);
  return copy;
}
