import { PAGE_BYTES, TABLE_ENTRIES_PER_MB } from "../../wasm/rules.ts";
import { host } from "../host.ts";
import {
  apply,
  construct,
  defineValue,
  deleteProperty,
  getOwnPropertyDescriptor,
  type NewTarget,
  withConstructor,
} from "../primordials.ts";
import { type Live, reserve, resized, track } from "./live.ts";
import type { NativeWebAssembly } from "./native.ts";
import { newStamp } from "./stamp.ts";

const MB = 1024 * 1024;
/** What 32-bit memories and tables can have at most, by the standard. */
const PAGES_MAX = 65_536;
const ENTRIES_MAX = 0xffffffff;

interface Type {
  initial?: number;
  maximum?: number;
  address?: unknown;
  shared?: unknown;
  element?: unknown;
}

const entries = newStamp<Live>();
let MemoryClass: NativeWebAssembly["Memory"];
let bufferOf: () => ArrayBuffer;

function bytesOf(memory: object): number {
  return (apply(bufferOf, memory, []) as ArrayBuffer).byteLength;
}

/** A memory that counts from now on; room for it has been reserved. */
export function newMemory(type: object, newTarget: NewTarget = MemoryClass): object {
  const memory = construct(MemoryClass, [type], newTarget);
  entries.put(memory, track(memory, bytesOf));
  return memory;
}

/** `Memory` as V8 has it, within the function's heap. */
export function boundMemory({ Memory }: NativeWebAssembly): object {
  MemoryClass = Memory;
  bufferOf = getOwnPropertyDescriptor(Memory.prototype, "buffer")?.get as typeof bufferOf;
  const grow = getOwnPropertyDescriptor(Memory.prototype, "grow")?.value;
  const Bound = withConstructor(Memory, (args, newTarget) => {
    const type = typeOf(args[0]);
    if (type === undefined) return construct(Memory, args, newTarget);
    if (type.shared) throw new TypeError("WebAssembly.Memory(): there are no shared memories");
    refuse64Bits(type, "Memory");
    const initial = limitType(type, (host().facts.limits.heapMb * MB) / PAGE_BYTES, PAGES_MAX);
    reserve(initial * PAGE_BYTES, 1);
    return newMemory(type, newTarget);
  });
  defineValue(Memory.prototype, "constructor", Bound);
  const methods = {
    grow(this: object, delta: unknown): unknown {
      bytesOf(this);
      const pages = +(delta as number);
      if (pages > 0 && pages <= PAGES_MAX) reserve(pages * PAGE_BYTES, 0);
      const before = apply(grow, this, [pages]);
      const entry = entries.of(this);
      if (entry !== undefined) resized(entry, bytesOf(this));
      return before;
    },
  };
  defineValue(Memory.prototype, "grow", methods.grow, true);
  // Each gives a buffer whose size no limit knows.
  deleteProperty(Memory.prototype, "toFixedLengthBuffer");
  deleteProperty(Memory.prototype, "toResizableBuffer");
  return Bound;
}

/** `Table` as V8 has it, within the function's heap. */
export function boundTable({ Table }: NativeWebAssembly): object {
  const Bound = withConstructor(Table, (args, newTarget) => {
    const type = typeOf(args[0]);
    if (type === undefined) return construct(Table, args, newTarget);
    refuse64Bits(type, "Table");
    limitType(type, host().facts.limits.heapMb * TABLE_ENTRIES_PER_MB, ENTRIES_MAX);
    reserve(0, 1);
    const table = construct(Table, args.length > 1 ? [type, args[1]] : [type], newTarget);
    track(table);
    return table;
  });
  defineValue(Table.prototype, "constructor", Bound);
  return Bound;
}

/** Each field read once, sizes as numbers; undefined for what V8 will refuse. */
function typeOf(given: unknown): Type | undefined {
  if ((typeof given !== "object" && typeof given !== "function") || given === null) return undefined;
  const { address, element, initial, maximum, shared } = given as Type;
  const type = { __proto__: null } as Type;
  if (address !== undefined) type.address = address;
  if (element !== undefined) type.element = element;
  if (initial !== undefined) type.initial = +initial;
  if (maximum !== undefined) type.maximum = +maximum;
  if (shared !== undefined) type.shared = shared;
  return type;
}

function refuse64Bits({ address }: Type, what: string): void {
  if (address !== undefined && address !== "i32")
    throw new TypeError(`WebAssembly.${what}(): there is nothing of 64 bits`);
}

/** Gives the type a maximum; what is no size at all is left for V8 to refuse. @returns the size that it begins with */
function limitType(type: Type, most: number, possible: number): number {
  const { initial = 0, maximum } = type;
  if (initial > most && initial <= possible) {
    throw new RangeError(`WebAssembly: an initial size of ${initial}; the most for the function's heapMb is ${most}`);
  }
  if (maximum === undefined || (maximum > most && maximum <= possible)) type.maximum = most;
  return initial > 0 && initial <= most ? initial : 0;
}
