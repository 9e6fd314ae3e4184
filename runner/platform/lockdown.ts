import { defineProperty } from "./primordials.ts";

/** Globals that measure time finely, share memory or make code; the Wasm platform is not part of the runner yet. */
const REMOVED = ["SharedArrayBuffer", "Atomics", "WebAssembly", "__core-js_shared__"] as const;

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
