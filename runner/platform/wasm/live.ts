import { WASM_OBJECTS_MAX } from "../../wasm/rules.ts";
import { TO_HOST } from "../../worker/isolatePort.ts";
import { performanceNow } from "../clock.ts";
import { noteFired } from "../firedLimits.ts";
import { callNow, host } from "../host.ts";
import { apply, construct } from "../primordials.ts";

const MB = 1024 * 1024;
/** How often memories are looked at that may have grown by themselves, ms. */
const LOOK_EVERY_MS = 500;

const WeakRefClass = WeakRef;
const { deref } = WeakRef.prototype;
const ArrayBufferClass = ArrayBuffer;

/** An instance, memory or table, and what it held outside of the heap when it was last seen. */
export interface Live {
  readonly ref: WeakRef<object>;
  readonly bytesOf: ((object: object) => number) | undefined;
  bytes: number;
  /** A chain and no array: nobody can put a setter in its way. */
  next: Live | undefined;
}

let first: Live | undefined;
/** From here on the chain was there when the entry began. What is before it lives at least until the entry is over. */
let older: Live | undefined;
let count = 0;
let bytes = 0;
let toldBytes = 0;
let lookedMs = 0;
/** Whether something was made since they were last looked at: what was made for one use is garbage by now. */
let isNewer = false;

/**
 * Makes sure that `moreBytes` and `moreObjects` are within the function's heap. What nobody holds any more is given back first.
 *
 * @throws RangeError, as V8 does without memory; bytes are counted as the limit heapMb
 */
export function reserve(moreBytes: number, moreObjects: number): void {
  const limit = host().facts.limits.heapMb;
  measureNew();
  const fits = () => bytes + moreBytes <= limit * MB && count + moreObjects <= WASM_OBJECTS_MAX;
  if (fits()) return;
  collectGarbage();
  look();
  if (fits()) return;
  const usedMb = (bytes + moreBytes) / MB;
  if (usedMb <= limit) {
    throw new RangeError(
      `WebAssembly: ${WASM_OBJECTS_MAX} instances, memories and tables are alive, which is the most`,
    );
  }
  noteFired(callNow(), "heapMb", usedMb);
  throw new RangeError(`WebAssembly: heapMb: ${usedMb} of ${limit}; see docs/limits.md#heapmb`);
}

/** @param bytesOf for what holds memory outside of the heap */
export function track(object: object, bytesOf?: (object: object) => number): Live {
  const ref = construct(WeakRefClass, [object]) as WeakRef<object>;
  first = { ref, bytesOf, bytes: 0, next: first };
  isNewer = true;
  count++;
  resized(first, bytesOf?.(object) ?? 0);
  return first;
}

/** An object has another size than before: the host hears of it. */
export function resized(entry: Live, now: number): void {
  bytes += now - entry.bytes;
  entry.bytes = now;
  tell();
}

/** What was made in this entry may have grown by itself since. */
function measureNew(): void {
  for (let entry = first; entry !== undefined && entry !== older; entry = entry.next) {
    const object = apply(deref, entry.ref, []) as object | undefined;
    if (object !== undefined && entry.bytesOf !== undefined) resized(entry, entry.bytesOf(object));
  }
}

/** Looks at all of them, which keeps them alive until the entry is over: it must not be done in every one. */
function look(): void {
  lookedMs = performanceNow();
  let entry = first;
  first = undefined;
  older = undefined;
  count = 0;
  bytes = 0;
  while (entry !== undefined) {
    const { next } = entry;
    const object = apply(deref, entry.ref, []) as object | undefined;
    if (object !== undefined) {
      entry.bytes = entry.bytesOf?.(object) ?? 0;
      entry.next = first;
      first = entry;
      count++;
      bytes += entry.bytes;
    }
    entry = next;
  }
  tell();
}

/** Called at the beginning of each entry: memories may have grown by themselves in those before. */
export function lookNowAndThen(): void {
  older = first;
  if (first === undefined || performanceNow() - lookedMs < LOOK_EVERY_MS) return;
  // Looking would keep garbage alive, and count it.
  if (isNewer) collectGarbage();
  isNewer = false;
  look();
}

function tell(): void {
  if (bytes === toldBytes) return;
  toldBytes = bytes;
  host().send(TO_HOST.wasmBytes, 0, bytes, "");
}

/** V8 collects all garbage before it refuses a buffer. */
function collectGarbage(): void {
  try {
    construct(ArrayBufferClass, [2 * host().facts.limits.heapMb * MB]);
  } catch {
    // As it was meant to be.
  }
}
