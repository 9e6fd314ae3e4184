import { isObject, needArguments, toDictionary, toSequence } from "../webidl.ts";
import { transferableOf } from "./platformObjects.ts";
import { deserialize, type Memory, type Serialized, serialize, uncloneable } from "./serialize.ts";

/** A value that has left its sender, and what was moved along with it. */
export interface Parcel {
  readonly value: Serialized;
  readonly moved: readonly object[];
}

/** HTML's StructuredSerializeWithTransfer. Nothing is moved when it throws. */
export function pack(value: unknown, transfer: readonly object[]): Parcel {
  const memory: Memory = new Map();
  const moved: object[] = [];
  for (const [index, item] of transfer.entries()) {
    if (transferableOf(item) === undefined) throw uncloneable("An object that cannot be transferred");
    if (memory.has(item)) throw uncloneable("An object that is transferred twice");
    memory.set(item, { create: () => moved[index] });
  }
  const serialized = serialize(value, memory);
  for (const item of transfer) {
    if (transferableOf(item)?.isGone(item)) throw uncloneable("An object that was transferred before");
  }
  for (const item of transfer) moved.push(transferableOf(item)?.move(item) as object);
  return { value: serialized, moved };
}

export function unpack({ value }: Parcel): unknown {
  return deserialize(value);
}

/** The list of what is to be transferred, of `structuredClone` and `postMessage`. */
export function toTransfer(options: unknown): object[] {
  const { transfer } = toDictionary(options, "The options");
  return transfer === undefined ? [] : toObjects(transfer);
}

export function toObjects(list: unknown): object[] {
  const convert = (item: unknown) => {
    if (!isObject(item)) throw new TypeError("Only objects can be transferred");
    return item;
  };
  return toSequence(list, convert, "The list of what is to be transferred");
}

/** Functions of the global object. */
export const CLONE_GLOBALS = {
  structuredClone(value: unknown, options: unknown = undefined): unknown {
    needArguments(arguments.length, 1, "structuredClone");
    return unpack(pack(value, toTransfer(options)));
  },
};
