import { construct, defineProperty, defineValue, withConstructor } from "./primordials.ts";
import { transferBuffer } from "./transferBuffer.ts";

/** Globals that measure time finely, share memory, or (a registry's callbacks) run outside every entry, where no limit holds. */
const REMOVED = ["SharedArrayBuffer", "Atomics", "FinalizationRegistry"] as const;

/** Closes every road from a string to code; V8's own switch for that has no effect in isolated-vm. */
export function disableCodeFromStrings(): void {
  function refuse(): never {
    throw new EvalError("Code generation from strings is disabled");
  }
  defineProperty(refuse, "name", { value: "Function" });
  const prototypes = [
    Object.getPrototypeOf(() => {}),
    Object.getPrototypeOf(async () => {}),
    Object.getPrototypeOf(function* () {}),
    Object.getPrototypeOf(async function* () {}),
  ];
  // `instanceof Function` keeps working.
  defineProperty(refuse, "prototype", { value: prototypes[0], writable: false });
  for (const prototype of prototypes) {
    defineProperty(prototype, "constructor", { value: refuse, writable: false, configurable: false });
  }
  defineProperty(globalThis, "Function", { value: refuse, writable: false, configurable: false });
  const refuseEval = { eval: () => refuse() }.eval;
  defineProperty(globalThis, "eval", { value: refuseEval, writable: false, configurable: false });
}

export function removeDangerousGlobals(): void {
  for (const name of REMOVED) Reflect.deleteProperty(globalThis, name);
}

/** The memory of a resizable buffer is counted in no heap limit: a request for one fails as one that is too large does. */
export function refuseResizableBuffers(): void {
  const Native = ArrayBuffer;
  const Counted = withConstructor(Native, (args, newTarget) => {
    const options = args[1] as { maxByteLength?: unknown } | null | undefined;
    if (typeof options === "object" && options !== null && options.maxByteLength !== undefined)
      throw new RangeError("Resizable ArrayBuffers are not available");
    return construct(Native, [args[0]], newTarget);
  });
  defineProperty(ArrayBuffer.prototype, "constructor", { value: Counted, writable: true, configurable: true });
  defineProperty(globalThis, "ArrayBuffer", { value: Counted, writable: true, configurable: true });
}

/** Both methods are the same where no buffer is resizable. */
export function countTransfers(): void {
  const methods = {
    transfer(this: ArrayBuffer, ...args: unknown[]): ArrayBuffer {
      return transferBuffer(this, args[0]);
    },
    transferToFixedLength(this: ArrayBuffer, ...args: unknown[]): ArrayBuffer {
      return transferBuffer(this, args[0]);
    },
  };
  defineValue(ArrayBuffer.prototype, "transfer", methods.transfer);
  defineValue(ArrayBuffer.prototype, "transferToFixedLength", methods.transferToFixedLength);
}
