import { uncurryThis } from "../primordials.ts";
import { transferBuffer } from "../transferBuffer.ts";

/** A kind of platform object that can be cloned. */
interface Serializable {
  is(value: object): boolean;
  /** Reads the object now. @returns what makes the clone later */
  copy(value: object): () => object;
}

/** A kind of platform object that can be moved. */
interface Transferable {
  is(value: object): boolean;
  /** Whether it has been moved away already. */
  isGone(value: object): boolean;
  /** Moves it. @returns what takes its place */
  move(value: object): object;
}

const serializables: Serializable[] = [];
const transferables: Transferable[] = [];

/** The one registered last is asked first: an interface after those that it inherits from. */
export function makeSerializable(rule: Serializable): void {
  serializables.push(rule);
}

export function makeTransferable(rule: Transferable): void {
  transferables.push(rule);
}

export function serializableOf(value: object): Serializable | undefined {
  return lastOf(serializables, value);
}

export function transferableOf(value: object): Transferable | undefined {
  return lastOf(transferables, value);
}

function lastOf<T extends { is(value: object): boolean }>(rules: readonly T[], value: object): T | undefined {
  for (let index = rules.length - 1; index >= 0; index--) if (rules[index]?.is(value)) return rules[index];
  return undefined;
}

const isDetached: (buffer: ArrayBuffer) => boolean = uncurryThis(
  Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "detached")?.get as (this: ArrayBuffer) => boolean,
);

/** Undefined for what is no ArrayBuffer. */
export function detachedOf(value: object): boolean | undefined {
  try {
    return isDetached(value as ArrayBuffer);
  } catch {
    return undefined;
  }
}

makeTransferable({
  is: (value) => detachedOf(value) !== undefined,
  isGone: (value) => detachedOf(value) === true,
  move: (value) => transferBuffer(value as ArrayBuffer),
});
